//! The catalog as a whole, and looking things up in it.

use super::action::ActionRef;
use super::blob::{Blob, Section};
use super::condition_key::GlobalKey;
use super::names::{compare, literal_prefix, matches, nearest};
use super::observability::ObservabilityTable;
use super::operation::{OperationTable, SdkTable};
use super::partition::{Partition, Principals};
use super::privilege::PrivilegeTable;
use super::quota::Quota;
use super::resource_type::ResourceType;
use super::service::Service;
use super::{EMBEDDED, encode};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What AWS defines, as of a date.
pub struct Catalog {
    blob: Blob,
    services: Vec<Slot>,
    sides: Vec<Section>,
    tables: Tables,
}

struct Slot {
    section: Section,
    service: OnceLock<Option<Service>>,
}

/// The small files, each decoded when it is first asked for.
#[derive(Default)]
pub(super) struct Tables {
    global_keys: OnceLock<Vec<GlobalKey>>,
    retired: OnceLock<BTreeMap<String, Vec<String>>>,
    pub(super) observability: OnceLock<ObservabilityTable>,
    pub(super) operations: OnceLock<OperationTable>,
    pub(super) sdk: OnceLock<SdkTable>,
    pub(super) partitions: OnceLock<Vec<Partition>>,
    pub(super) principals: OnceLock<Principals>,
    pub(super) privileges: OnceLock<PrivilegeTable>,
    pub(super) quotas: OnceLock<Vec<Quota>>,
}

/// A folder that is not a catalog.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CatalogError(String);

/// Why a name is not in the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A name at most two edits away exists.
    Typo {
        /// That name: `s3:GetObject`.
        nearest: String,
    },
    /// It is an operation, authorised by actions of other names.
    Operation {
        /// Those actions.
        authorised_by: Vec<String>,
    },
    /// Older lists have it; AWS's present ones do not.
    Retired,
    /// Its service is unknown.
    UnknownService {
        /// The service prefix at most two edits away.
        nearest: Option<String>,
    },
    /// Nothing is known: misspelt beyond guessing, or newer than the catalog.
    Unknown,
}

impl Catalog {
    /// A fresh view of the embedded catalog, with nothing decoded yet; programs
    /// share one by [`get`](super::get).
    #[must_use]
    pub fn embedded() -> Self {
        Self::open(EMBEDDED).unwrap_or_else(|_| Self {
            // Cannot be: build.rs wrote the blob and a test decodes all of it.
            blob: Blob::empty(),
            services: Vec::new(),
            sides: Vec::new(),
            tables: Tables::default(),
        })
    }

    /// A catalog from the files of a folder like `action-catalog/`, by path
    /// relative to it (`services/s3.json`). Packed like the embedded one; the
    /// result stays in memory for the life of the process.
    ///
    /// # Errors
    /// The first file that is missing or not of its shape.
    pub fn from_files<N: AsRef<str>, B: AsRef<[u8]>>(
        files: &[(N, B)],
    ) -> Result<Self, CatalogError> {
        let blob = encode::encode(files).map_err(CatalogError)?;
        let catalog = Self::open(blob.leak()).map_err(|error| CatalogError(error.to_string()))?;
        catalog.check_tables()?;
        Ok(catalog)
    }

    fn open(bytes: &'static [u8]) -> Result<Self, super::blob::Damaged> {
        let (blob, services, sides) = Blob::open(bytes)?;
        let slot = |section| Slot {
            section,
            service: OnceLock::new(),
        };
        Ok(Self {
            blob,
            services: services.into_iter().map(slot).collect(),
            sides,
            tables: Tables::default(),
        })
    }

    /// Tells which small file cannot be read.
    pub(super) fn check_tables(&self) -> Result<(), CatalogError> {
        fn check<T: DeserializeOwned>(catalog: &Catalog, name: &str) -> Result<(), CatalogError> {
            let text = catalog.side(name).unwrap_or_default();
            serde_json::from_str::<T>(text)
                .map(drop)
                .map_err(|error| CatalogError(format!("{name}: {error}")))
        }
        check::<Keyed<GlobalKey>>(self, "global-keys.json")?;
        check::<BTreeMap<String, Vec<String>>>(self, "retired-actions.json")?;
        check::<ObservabilityTable>(self, "observability.json")?;
        check::<OperationTable>(self, "operations.json")?;
        check::<SdkTable>(self, "sdk-operations.json")?;
        check::<BTreeMap<String, Partition>>(self, "partitions.json")?;
        check::<Principals>(self, "service-principals.json")?;
        check::<PrivilegeTable>(self, "privileges.json")?;
        check::<super::quota::QuotaTable>(self, "quotas.json")
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    fn side(&self, name: &str) -> Option<&'static str> {
        let section = self.sides.iter().find(|side| side.name == name)?;
        std::str::from_utf8(section.body).ok()
    }

    /// A small file, decoded; its default where it cannot be read, which
    /// [`Catalog::from_files`] and a test rule out.
    pub(super) fn table<T: DeserializeOwned + Default>(&self, name: &str) -> T {
        self.side(name)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    /// The day of the newest list behind it: `2026-10-20`.
    #[must_use]
    pub fn date(&self) -> &'static str {
        self.side("date").unwrap_or_default()
    }

    /// All service prefixes, sorted.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.services.iter().map(|slot| slot.section.name)
    }

    /// The service of an action prefix, in any case.
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        let exact = |slot: &Slot| slot.section.name.cmp(prefix);
        let found = match self.services.binary_search_by(exact) {
            Ok(found) => found,
            Err(_) => {
                let same = |slot: &Slot| slot.section.name.eq_ignore_ascii_case(prefix);
                self.services.iter().position(same)?
            }
        };
        self.decoded(self.services.get(found)?)
    }

    fn decoded<'c>(&'c self, slot: &'c Slot) -> Option<&'c Service> {
        slot.service
            .get_or_init(|| Service::decode(self.blob, slot.section.body).ok())
            .as_ref()
    }

    /// The action of a full name, in any case: `s3:GetObject`.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<ActionRef<'_>> {
        let (prefix, name) = name.split_once(':')?;
        self.service(prefix)?.action(name)
    }

    /// All actions that a pattern names, in the catalog's order: `s3:Get*`,
    /// `*`, also `*:Tag*`, which no policy may say. `*` and `?` as in policies,
    /// without case.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> Vec<ActionRef<'_>> {
        let (service, name) = match pattern.split_once(':') {
            Some(parts) => parts,
            None if !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*') => ("*", "*"),
            None => return Vec::new(),
        };
        if literal_prefix(service).len() == service.len() {
            let one = self.service(service);
            return one.into_iter().flat_map(|s| named(s, name)).collect();
        }
        self.services
            .iter()
            .filter(|slot| matches(service, slot.section.name))
            .filter_map(|slot| self.decoded(slot))
            .flat_map(|service| named(service, name))
            .collect()
    }

    /// Resource types whose ARN format an ARN fits, with their services, the
    /// most specific formats of each service only: `arn:aws:s3:::b/k` is an
    /// `object`. Decodes every service.
    #[must_use]
    pub fn resource_types_matching(&self, arn: &str) -> Vec<(&Service, &ResourceType)> {
        let mut found = Vec::new();
        for service in self.services.iter().filter_map(|slot| self.decoded(slot)) {
            let fit = |kind: &ResourceType| {
                let formats = kind.arns.iter().filter(|format| format.matches(arn));
                formats.map(|format| format.literals()).max()
            };
            let fits: Vec<_> = service
                .resources
                .iter()
                .filter_map(|kind| Some((fit(kind)?, kind)))
                .collect();
            let best = fits.iter().map(|&(literals, _)| literals).max();
            let best = fits.iter().filter(|&&(literals, _)| Some(literals) == best);
            found.extend(best.map(|&(_, kind)| (service, kind)));
        }
        found
    }

    /// Whether older lists have this action and present ones do not.
    #[must_use]
    pub fn is_retired(&self, name: &str) -> bool {
        let Some((prefix, name)) = name.split_once(':') else {
            return false;
        };
        let retired = self
            .tables
            .retired
            .get_or_init(|| self.table("retired-actions.json"));
        let service = retired
            .iter()
            .find(|(service, _)| service.eq_ignore_ascii_case(prefix));
        service.is_some_and(|(_, names)| names.iter().any(|n| n.eq_ignore_ascii_case(name)))
    }

    /// Why an action is not in the catalog (`lints.md` 8). For a name without
    /// wildcards that [`Catalog::action`] does not find.
    #[must_use]
    pub fn why_missing(&self, name: &str) -> Missing {
        if self.is_retired(name) {
            return Missing::Retired;
        }
        let (prefix, bare) = name.split_once(':').unwrap_or((name, ""));
        let Some(service) = self.service(prefix) else {
            let nearest = nearest(prefix, self.services()).map(str::to_owned);
            return Missing::UnknownService { nearest };
        };
        let authorised_by = self.authorising(service, bare);
        if !authorised_by.is_empty() {
            return Missing::Operation { authorised_by };
        }
        let names = service.actions().map(|found| found.action.name);
        match nearest(bare, names) {
            Some(nearest) => Missing::Typo {
                nearest: format!("{}:{nearest}", service.prefix),
            },
            None => Missing::Unknown,
        }
    }

    /// The global condition key that a name is, or is an instance of, in any
    /// case: `aws:SourceVpc`, `aws:PrincipalTag/team`.
    #[must_use]
    pub fn global_key(&self, name: &str) -> Option<&GlobalKey> {
        let keys = self.global_keys();
        let exact = keys.iter().find(|key| key.name.eq_ignore_ascii_case(name));
        exact.or_else(|| keys.iter().find(|key| key.matches(name)))
    }

    /// Whether a key carries a claim of a web identity provider, which the
    /// provider chooses: `token.actions.githubusercontent.com:sub`. Services
    /// list only some of them, so none is unknown.
    #[must_use]
    pub fn is_provider_claim(&self, name: &str) -> bool {
        let provider = name.rsplit_once(':').map_or("", |(provider, _)| provider);
        provider.contains('.') || provider.eq_ignore_ascii_case("saml")
    }

    /// All global condition keys, sorted by name.
    #[must_use]
    pub fn global_keys(&self) -> &[GlobalKey] {
        self.tables.global_keys.get_or_init(|| {
            let table: Keyed<GlobalKey> = self.table("global-keys.json");
            let named = |(name, key)| GlobalKey { name, ..key };
            table.keys.into_iter().map(named).collect()
        })
    }
}

/// The actions of a service that a name pattern matches. They are sorted, so
/// the part before the first wildcard bounds where to look.
fn named<'c>(service: &'c Service, pattern: &str) -> Vec<ActionRef<'c>> {
    let prefix = literal_prefix(pattern);
    let start = service
        .actions
        .partition_point(|action| compare(action.name, prefix).is_lt());
    service
        .actions()
        .skip(start)
        .take_while(|found| {
            let head = found.action.name.get(..prefix.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        })
        .filter(|found| matches(pattern, found.action.name))
        .collect()
}

/// A file whose facts stand under `keys`.
#[derive(serde::Deserialize)]
struct Keyed<T> {
    keys: BTreeMap<String, T>,
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self {
            keys: BTreeMap::new(),
        }
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Catalog of {}", self.date())
    }
}
