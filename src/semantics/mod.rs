//! What a policy means (floor 5).
//!
//! [`evaluate`] is the reference: one concrete [`Request`] against one set of
//! policies. [`Settings`] holds every choice that AWS leaves open.

pub mod compare;
pub mod evaluate;
mod principal;
mod request;
mod settings;

pub use principal::Caller;
pub use request::{AmbiguousKey, Context, Credential, Request};
pub use settings::{
    ArnPrefixCase, AwsStarServices, BareIpv6, BoolVariables, CidrHostBits, DuplicateKeys,
    EmptyString, FederatedStar, FillContext, ForAnyIfExists, ForAnyNegated, FourDigitDate,
    IllTypedNegated, IncompleteArn, MultiUnderPlain, NotPrincipalAccount, ResourceColons,
    RoleNameCase, Setting, Settings, SettingsError, StarPrincipalLimits, UnresolvedInResource,
    UnsupportedKeys, VpcePrincipal, WildcardInResourceType, WildcardOnlyResource,
};
