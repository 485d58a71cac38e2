//! What the catalog says to a question, for people and for programs.

use crate::catalog::{
    AccessLevel, ActionRef, Catalog, ConditionKey, KeyType, Observability, ResourceType, Scope,
    Service,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// What a question to the catalog found.
#[derive(Debug, Default)]
pub struct Found {
    /// The service that was asked for.
    pub service: Option<&'static Service>,
    /// Its resource types, or those that were asked for.
    pub types: Vec<(&'static Service, &'static ResourceType)>,
    /// Actions, sorted by service and name.
    pub actions: Vec<ActionRef<'static>>,
}

/// Which catalog an output was made with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CatalogFacts<'a> {
    /// The day it is of, `2026-09-26`.
    pub date: &'a str,
}

/// The answer of `leastwise catalog --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CatalogAnswer {
    /// `leastwise/catalog/1`.
    schema: &'static str,
    /// The catalog behind the answer.
    catalog: CatalogFacts<'static>,
    /// The service that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<ServiceFacts>,
    /// Resource types: of the service, or those that the ARN fits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_types: Vec<ResourceTypeFacts>,
    /// Actions, sorted by service and name.
    actions: Vec<ActionFacts>,
}

/// A service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServiceFacts {
    /// The action prefix.
    prefix: &'static str,
    /// AWS's name.
    name: &'static str,
    /// Whether resource control policies reach it, as of the catalog's date.
    resource_control_policies: bool,
    /// Service directories of the SDK.
    sdk: Vec<&'static str>,
    /// All condition keys the service lists.
    condition_keys: Vec<KeyFacts>,
}

/// A resource type.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResourceTypeFacts {
    /// The service that lists it.
    service: &'static str,
    /// Its name.
    name: &'static str,
    /// The forms of its ARN.
    arns: Vec<&'static str>,
    /// The condition keys of the type.
    condition_keys: Vec<&'static str>,
}

/// An action.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActionFacts {
    /// `s3:GetObject`.
    name: String,
    /// AWS's access level.
    access: AccessLevel,
    /// How `Resource` may be narrowed.
    scope: Scope,
    /// The resource types it takes.
    resource_types: Vec<LinkFacts>,
    /// Condition keys of the action and its types; the global ones apply too.
    condition_keys: Vec<KeyFacts>,
    /// Actions that may be needed beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<&'static str>,
    /// Operations of another name that it authorises.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operations: Vec<&'static str>,
    /// No operation has its name.
    no_operation: bool,
    /// Whether CloudTrail can show its use.
    observability: Observability<'static>,
    /// How it moves privilege, in our judgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    privilege: Option<&'static str>,
    /// What data it hands out, in our judgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_read: Option<&'static str>,
}

/// A resource type that an action takes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LinkFacts {
    /// Name of the type.
    name: &'static str,
    /// Whether AWS marks it as required.
    required: bool,
    /// The forms of its ARN.
    arns: Vec<&'static str>,
}

/// A condition key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeyFacts {
    /// Its name; `${…}` and `<…>` stand for any tag key.
    name: &'static str,
    /// The type of one value.
    #[serde(rename = "type")]
    kind: KeyType,
    /// Whether a request can carry several values.
    multi: bool,
}

impl CatalogAnswer {
    /// All facts about what was found.
    #[must_use]
    pub fn new(catalog: &'static Catalog, found: &Found) -> Self {
        let types = found.types.iter();
        let actions = found.actions.iter();
        Self {
            schema: "leastwise/catalog/1",
            catalog: CatalogFacts {
                date: catalog.date(),
            },
            service: found.service.map(service_facts),
            resource_types: types.map(|&(s, t)| type_facts(s, t)).collect(),
            actions: actions.map(|&a| action_facts(catalog, a)).collect(),
        }
    }
}

fn service_facts(service: &'static Service) -> ServiceFacts {
    ServiceFacts {
        prefix: service.prefix,
        name: service.name,
        resource_control_policies: service.rcp,
        sdk: service.sdk.clone(),
        condition_keys: service.keys.iter().map(key_facts).collect(),
    }
}

fn type_facts(service: &'static Service, kind: &'static ResourceType) -> ResourceTypeFacts {
    ResourceTypeFacts {
        service: service.prefix,
        name: kind.name,
        arns: kind.arns.iter().map(|format| format.text()).collect(),
        condition_keys: service.keys_of(kind).map(|key| key.name).collect(),
    }
}

fn action_facts(catalog: &'static Catalog, action: ActionRef<'static>) -> ActionFacts {
    let link = |(kind, required): (&'static ResourceType, bool)| LinkFacts {
        name: kind.name,
        required,
        arns: kind.arns.iter().map(|format| format.text()).collect(),
    };
    ActionFacts {
        name: action.name(),
        access: action.access(),
        scope: action.scope(),
        resource_types: action.resource_types().map(link).collect(),
        condition_keys: action.keys_for(None).into_iter().map(key_facts).collect(),
        needs: action.needs().to_vec(),
        operations: action.operations().to_vec(),
        no_operation: action.action.no_operation,
        observability: catalog.observability(action),
        privilege: catalog.privilege(&action.name()),
        data_read: catalog.data_read(&action.name()),
    }
}

fn key_facts(key: &ConditionKey) -> KeyFacts {
    KeyFacts {
        name: key.name,
        kind: key.kind,
        multi: key.multi,
    }
}

/// Writes what was found as lines: one action a line.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_text(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    if let Some(service) = found.service {
        writeln!(out, "{} ({})", service.name, service.prefix)?;
        writeln!(out)?;
    }
    let width = |names: &mut dyn Iterator<Item = usize>| names.max().unwrap_or(0);
    let wide = width(&mut found.types.iter().map(|(_, kind)| kind.name.len()));
    for (service, kind) in &found.types {
        if found.service.is_none() {
            write!(out, "{}  ", service.prefix)?;
        }
        let arns: Vec<_> = kind.arns.iter().map(|format| format.text()).collect();
        writeln!(out, "{:wide$}  {}", kind.name, arns.join("  "))?;
    }
    if !found.types.is_empty() && !found.actions.is_empty() {
        writeln!(out)?;
    }
    let wide = width(&mut found.actions.iter().map(|action| action.name().len()));
    for action in &found.actions {
        let types: Vec<_> = action
            .resource_types()
            .map(|(kind, required)| format!("{}{}", kind.name, if required { "*" } else { "" }))
            .collect();
        let line = format!(
            "{:wide$}  {:11}  {}",
            action.name(),
            action.access().as_str(),
            types.join(", ")
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    let Some(service) = found.service else {
        return Ok(());
    };
    writeln!(out)?;
    let wide = width(&mut service.keys.iter().map(|key| key.name.len()));
    for key in &service.keys {
        let of = if key.multi { "ArrayOf" } else { "" };
        writeln!(out, "{:wide$}  {of}{}", key.name, key.kind)?;
    }
    Ok(())
}
