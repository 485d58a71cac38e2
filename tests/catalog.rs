//! The catalog: the blob against the folder, the traps of the data, and what
//! `leastwise catalog` answers.

use super::schema;
use leastwise::catalog::{
    self, AccessLevel, Catalog, Missing, Observability, Operation, ResourceHint, Rule, Scope, When,
};
use leastwise::render::catalog::CatalogAnswer;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("action-catalog")
}

fn document(name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder().join(name)).unwrap()).unwrap()
}

fn service_files() -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder().join("services")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let file = document(&format!("services/{name}"));
        files.insert(name.trim_end_matches(".json").to_owned(), file);
    }
    files
}

/// The catalog's files as the program hands them down.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(
        "catalog.lock".to_owned(),
        fs::read(folder().join("catalog.lock")).unwrap(),
    )];
    for (within, prefix) in [(folder(), ""), (folder().join("services"), "services/")] {
        for entry in fs::read_dir(within).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let name = path.file_name().unwrap().to_str().unwrap();
                files.push((format!("{prefix}{name}"), fs::read(&path).unwrap()));
            }
        }
    }
    files
}

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| item.as_str().unwrap())
        .collect()
}

/// What a service file says, read back from the blob.
fn written_again(catalog: &Catalog, prefix: &str) -> Value {
    let service = catalog.service(prefix).unwrap();
    let key_type =
        |kind: &str, multi: bool| format!("{}{kind}", if multi { "ArrayOf" } else { "" });
    let mut file = serde_json::json!({
        "service": service.prefix,
        "name": service.name,
        "actions": {},
        "resources": {},
        "keys": {},
    });
    if service.rcp {
        file["rcp"] = true.into();
    }
    if !service.sdk.is_empty() {
        file["sdk"] = service.sdk.clone().into();
    }
    for key in &service.keys {
        file["keys"][key.name] = key_type(&key.kind.to_string(), key.multi).into();
    }
    for kind in &service.resources {
        let arns: Vec<_> = kind.arns.iter().map(|format| format.text()).collect();
        file["resources"][kind.name] = serde_json::json!({ "arn": arns });
        let keys: Vec<_> = service.keys_of(kind).map(|key| key.name).collect();
        if !keys.is_empty() {
            file["resources"][kind.name]["keys"] = keys.into();
        }
    }
    for action in service.actions().filter(|action| !action.action.name_only) {
        let mut facts = serde_json::json!({ "access": action.access().as_str() });
        let mut list = |name: &str, items: Vec<String>| {
            if !items.is_empty() {
                facts[name] = items.into();
            }
        };
        let owned = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect();
        let mark = |required| if required { "*" } else { "" };
        let links = action.resource_types();
        list(
            "resources",
            links
                .map(|(kind, required)| format!("{}{}", kind.name, mark(required)))
                .collect(),
        );
        list(
            "keys",
            action.own_keys().map(|key| key.name.to_owned()).collect(),
        );
        list("needs", owned(action.needs()));
        list("ops", owned(action.operations()));
        if action.action.no_operation {
            facts["no_op"] = true.into();
        }
        file["actions"][action.action.name] = facts;
    }
    file
}

#[test]
fn the_blob_says_what_the_folder_says() {
    let files = service_files();
    for (prefix, mut file) in files {
        // What is narrowed is compared below, through the question it answers.
        for facts in file["actions"].as_object_mut().unwrap().values_mut() {
            facts.as_object_mut().unwrap().remove("keys_on");
        }
        assert_eq!(written_again(catalog::get(), &prefix), file, "{prefix}");
    }
}

#[test]
fn the_keys_of_an_action_on_a_type_are_its_own_and_the_types_or_the_narrowed_ones() {
    let mut narrowed = 0;
    for (prefix, file) in service_files() {
        let service = catalog::get().service(&prefix).unwrap();
        for (name, facts) in file["actions"].as_object().unwrap() {
            let action = service.action(name).unwrap();
            for (kind, _) in action.resource_types() {
                let on = &facts["keys_on"][kind.name];
                narrowed += usize::from(!on.is_null());
                let of_type = if on.is_null() {
                    &file["resources"][kind.name]["keys"]
                } else {
                    on
                };
                let mut expected = strings(&facts["keys"]);
                expected.extend(strings(of_type));
                expected.sort_unstable();
                expected.dedup();
                let keys = action.keys_for(Some(kind));
                let keys: Vec<_> = keys.into_iter().map(|key| key.name).collect();
                assert_eq!(keys, expected, "{prefix}:{name} on {}", kind.name);
            }
        }
    }
    assert!(narrowed > 1000, "{narrowed}");
}

#[test]
fn it_knows_at_least_455_services_and_22_000_actions() {
    let catalog = catalog::get();
    assert!(catalog.services().len() >= 455);
    assert!(catalog.expand("*").len() >= 22_000);
    assert_eq!(catalog.expand("*:*").len(), catalog.expand("*").len());
}

#[test]
fn a_folder_at_run_time_gives_the_same_answers() {
    let loaded = Catalog::from_files(&files()).unwrap();
    let embedded = catalog::get();
    assert_eq!(loaded.date(), embedded.date());
    assert!(loaded.services().eq(embedded.services()));
    for prefix in embedded.services() {
        assert_eq!(
            written_again(&loaded, prefix),
            written_again(embedded, prefix)
        );
    }
    assert_eq!(loaded.quotas(), embedded.quotas());
    assert_eq!(loaded.global_keys(), embedded.global_keys());
    assert_eq!(loaded.partitions(), embedded.partitions());
}

#[test]
fn a_wrong_folder_is_told_by_file_and_place() {
    let break_one = |name: &str, text: &str| {
        let mut files = files();
        files.retain(|(other, _)| other != name);
        if !text.is_empty() {
            files.push((name.to_owned(), text.as_bytes().to_vec()));
        }
        Catalog::from_files(&files).unwrap_err().to_string()
    };
    let odd = |action: &str| format!(r#"{{"service": "sqs", "actions": {{"A": {action}}}}}"#);
    let errors = [
        Catalog::from_files::<&str, &[u8]>(&[])
            .unwrap_err()
            .to_string(),
        break_one("catalog.lock", ""),
        break_one("catalog.lock", "nothing"),
        break_one("quotas.json", ""),
        break_one("quotas.json", "[]"),
        break_one("quotas.json", r#"{"quotas": {"a": {"limit": "many"}}}"#),
        break_one("services/sqs.json", "{"),
        break_one("services/sqs.json", "{}"),
        break_one("services/sqs.json", &odd(r#"{}"#)),
        break_one("services/sqs.json", &odd(r#"{"access": "all"}"#)),
        break_one(
            "services/sqs.json",
            &odd(r#"{"access": "list", "resources": ["queue"]}"#),
        ),
        break_one(
            "services/sqs.json",
            &odd(r#"{"access": "list", "keys": 1}"#),
        ),
    ];
    snapshot("catalog-wrong-folder", &errors.join("\n"));
}

// The traps of the data (`catalog.md` 3).

#[test]
fn several_formats_in_one_string_are_split() {
    let lex = catalog::get().service("lex").unwrap();
    let texts: Vec<_> = lex
        .resource("bot")
        .unwrap()
        .arns
        .iter()
        .map(|a| a.text())
        .collect();
    assert_eq!(texts.len(), 2);
    for file in service_files().values() {
        for kind in file["resources"].as_object().unwrap().values() {
            for arn in strings(&kind["arn"]) {
                assert!(!arn.contains(", "), "{arn}");
            }
        }
    }
}

#[test]
fn every_arn_format_has_six_fields_and_matches_itself_filled() {
    let catalog = catalog::get();
    for service in catalog
        .services()
        .map(|prefix| catalog.service(prefix).unwrap())
    {
        for format in service.resources.iter().flat_map(|kind| &kind.arns) {
            let fields = format.fields();
            assert_eq!(fields[0], "arn", "{format:?}");
            assert!(!fields[5].is_empty(), "{format:?}");
            let filled = format.fill("aws", "eu-west-1", "123456789012");
            assert!(!filled.contains('$'), "{filled}");
            assert!(format.matches(&filled), "{filled}");
        }
    }
}

#[test]
fn an_arns_service_is_not_always_the_prefix() {
    let catalog = catalog::get();
    let assume = catalog.action("sts:AssumeRole").unwrap();
    assert!(
        assume
            .resource_types()
            .any(|(kind, _)| kind.matches("arn:aws:iam::123456789012:role/app/x"))
    );
    let types = catalog.resource_types_matching("arn:aws:iam::123456789012:role/x");
    assert!(
        types
            .iter()
            .any(|(service, kind)| service.prefix == "sts" && kind.name == "role")
    );
}

#[test]
fn either_of_resources_and_none_are_told_apart() {
    let scope = |name| catalog::get().action(name).unwrap().scope();
    let object = catalog::get().action("s3:GetObject").unwrap();
    assert!(object.resource_types().count() > 1);
    assert!(object.resource_types().all(|(_, required)| !required));
    assert_eq!(scope("s3:GetObject"), Scope::ResourceTypes);
    assert_eq!(scope("s3:ListAllMyBuckets"), Scope::WildcardOnly);
    let newer = document("newer-actions.json");
    let (prefix, names) = newer.as_object().unwrap().iter().next().unwrap();
    let name = names.as_object().unwrap().keys().next().unwrap();
    assert_eq!(scope(&format!("{prefix}:{name}")), Scope::Unknown);
}

#[test]
fn templated_keys_match_both_spellings() {
    let s3 = catalog::get().service("s3").unwrap();
    let key = |name| s3.key(name).map(|key| key.name);
    assert_eq!(key("S3:PREFIX"), Some("s3:prefix"));
    assert_eq!(
        key("s3:ExistingObjectTag/team"),
        Some("s3:ExistingObjectTag/<key>")
    );
    assert_eq!(
        key("aws:ResourceTag/team"),
        Some("aws:ResourceTag/${TagKey}")
    );
    assert_eq!(key("s3:ExistingObjectTag/"), None);
    let global = |name| catalog::get().global_key(name).map(|key| key.name.as_str());
    assert_eq!(
        global("AWS:principaltag/Team"),
        Some("aws:PrincipalTag/${TagKey}")
    );
    assert_eq!(global("aws:SourceVpc"), Some("aws:SourceVpc"));
    assert_eq!(global("aws:NoSuchKey"), None);
}

#[test]
fn claims_of_identity_providers_are_known_though_no_list_holds_all() {
    let sts = catalog::get().service("sts").unwrap();
    let claim = |name| catalog::get().is_provider_claim(name);
    for key in [
        "saml:aud",
        "token.actions.githubusercontent.com:ref",
        "accounts.google.com:aud",
    ] {
        assert!(sts.key(key).is_some() && claim(key), "{key}");
    }
    let unlisted = "token.actions.githubusercontent.com:sub";
    assert!(sts.key(unlisted).is_none() && claim(unlisted));
    assert!(claim("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub"));
    for key in ["sts:ExternalId", "aws:SourceArn", "sub", ""] {
        assert!(!claim(key), "{key}");
    }
}

#[test]
fn seven_global_keys_are_multi_valued() {
    let multi: Vec<_> = catalog::get()
        .global_keys()
        .iter()
        .filter(|key| key.multi)
        .collect();
    assert_eq!(multi.len(), 7, "{multi:?}");
}

#[test]
fn names_have_hyphens_and_no_case() {
    let catalog = catalog::get();
    let name = "vpc-lattice:AssociateViaAWSService-EventsAndStates";
    assert_eq!(catalog.action(&name.to_uppercase()).unwrap().name(), name);
    assert_eq!(
        catalog.action("S3:getobject").unwrap().name(),
        "s3:GetObject"
    );
    for odd in [
        "",
        ":",
        "s3",
        "s3:",
        ":GetObject",
        "s3:GetObject ",
        "s3:Get*",
        "é:é",
    ] {
        assert!(catalog.action(odd).is_none(), "{odd:?}");
    }
}

#[test]
fn awss_level_is_kept_and_our_judgement_stands_beside_it() {
    let catalog = catalog::get();
    let level = |name| catalog.action(name).unwrap().access();
    assert_eq!(level("iam:PassRole"), AccessLevel::Write);
    assert_eq!(
        level("organizations:AttachPolicy"),
        AccessLevel::Permissions
    );
    assert_eq!(level("sqs:TagQueue"), AccessLevel::Tagging);
    assert!(catalog.privilege("iam:PassRole").is_some());
    assert!(catalog.data_read("S3:GETOBJECT").is_some());
    assert!(catalog.privilege("s3:ListBucket").is_none());
}

#[test]
fn a_star_in_a_format_is_a_wildcard_and_a_placeholder_may_hold_anything() {
    let catalog = catalog::get();
    let formats = |prefix| {
        let resources = &catalog.service(prefix).unwrap().resources;
        resources.iter().flat_map(|kind| &kind.arns)
    };
    let all = || catalog.services().flat_map(formats);
    let stars = all().filter(|format| format.text().contains('*')).count();
    assert!(stars > 20, "{stars}");
    // The one format whose placeholder lacks its dollar.
    let backup = formats("opsworks-cm").find(|format| format.text().contains("-{Date-"));
    assert!(
        backup
            .unwrap()
            .matches("arn:aws:opsworks-cm::123456789012:backup/a-20261020")
    );
}

#[test]
fn a_key_may_have_two_types() {
    let catalog = catalog::get();
    let kinds = |name: &str| -> std::collections::BTreeSet<bool> {
        let services = catalog
            .services()
            .filter_map(|prefix| catalog.service(prefix));
        services
            .filter_map(|s| s.key(name))
            .map(|key| key.multi)
            .collect()
    };
    assert_eq!(kinds("identitystore:UserId").len(), 2);
    assert_eq!(kinds("sts:ExternalId").len(), 1);
}

#[test]
fn resource_control_policies_reach_listed_services_only() {
    let rcp = |prefix| catalog::get().service(prefix).unwrap().rcp;
    for prefix in ["s3", "sts", "kms", "sqs", "secretsmanager"] {
        assert!(rcp(prefix), "{prefix}");
    }
    assert!(!rcp("ec2") && !rcp("iam"));
}

#[test]
fn services_that_only_the_fresher_lists_have_are_known_by_name() {
    let newer = document("newer-actions.json");
    let main = service_files();
    let only: Vec<_> = newer
        .as_object()
        .unwrap()
        .keys()
        .filter(|p| !main.contains_key(*p))
        .collect();
    assert!(!only.is_empty());
    for prefix in only {
        let service = catalog::get().service(prefix).unwrap();
        assert!(service.actions().len() > 0 && service.actions().all(|a| a.action.name_only));
    }
}

#[test]
fn every_package_behind_the_data_is_credited() {
    let notice = fs::read_to_string(folder().join("../NOTICE")).unwrap();
    let lock = fs::read_to_string(folder().join("catalog.lock")).unwrap();
    let mut packages = 0;
    for line in lock
        .lines()
        .filter(|line| line.starts_with("npm ") || line.starts_with("pypi "))
    {
        let name = line.split(' ').nth(1).unwrap();
        assert!(notice.contains(name), "{name}");
        packages += 1;
    }
    assert!(packages >= 7);
}

#[test]
fn the_sam_transform_is_whole() {
    let read = |name: &str| -> serde_json::Value {
        let text = fs::read_to_string(folder().join("sam").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let templates = read("policy-templates.json");
    let templates = templates["templates"].as_object().unwrap();
    assert_eq!(templates.len(), 81);
    let with = |n| {
        let parameters = |t: &&serde_json::Value| t["parameters"].as_array().unwrap().len() == n;
        templates.values().filter(parameters).count()
    };
    assert_eq!([with(0), with(1), with(2)], [21, 57, 3]);
    let connectors = read("connectors.json");
    let profiles = connectors["profiles"].as_object().unwrap();
    let of = |kind: &str| profiles.values().filter(|p| p["kind"] == kind).count();
    assert_eq!(
        [
            "managed-policy",
            "lambda-permission",
            "queue-policy",
            "topic-policy"
        ]
        .map(of),
        [22, 6, 2, 1]
    );
    let managed = read("managed-policies.json");
    let in_path = |path: &str, name: &str| managed[path].as_array().unwrap().contains(&name.into());
    assert!(in_path("service-role/", "AWSLambdaBasicExecutionRole"));
    assert!(in_path("", "AWSXRayDaemonWriteAccess"));
}

// Looking up.

#[test]
fn expanding_a_pattern_agrees_with_asking_every_action() {
    let catalog = catalog::get();
    let all = catalog.expand("*");
    for pattern in [
        "s3:*",
        "s3:Get*Tagging",
        "S3:gEt?bject",
        "s3:*Object",
        "iam:?assrole",
        "*:Tag*",
        "s?s:Send*",
        "ec2:",
        "ec2:D*s",
    ] {
        let (service, name) = pattern.split_once(':').unwrap();
        let expected: Vec<_> = all
            .iter()
            .filter(|a| glob(service, a.service.prefix) && glob(name, a.action.name))
            .map(|a| a.name())
            .collect();
        let found: Vec<_> = catalog.expand(pattern).iter().map(|a| a.name()).collect();
        assert_eq!(found, expected, "{pattern}");
    }
    for odd in ["", "s3", "nosuch:*", "s3:é*", ":*"] {
        assert!(catalog.expand(odd).is_empty(), "{odd}");
    }
}

/// A plain recursive glob, as a second opinion.
fn glob(pattern: &str, text: &str) -> bool {
    fn go(p: &[u8], t: &[u8]) -> bool {
        match (p.split_first(), t.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                go(rest, t) || t.split_first().is_some_and(|(_, t)| go(p, t))
            }
            (Some((a, p)), Some((b, t))) => (*a == b'?' || a.eq_ignore_ascii_case(b)) && go(p, t),
            _ => false,
        }
    }
    go(pattern.as_bytes(), text.as_bytes())
}

#[test]
fn a_miss_says_why() {
    let why = |name| catalog::get().why_missing(name);
    let typo = |nearest: &str| Missing::Typo {
        nearest: nearest.to_owned(),
    };
    assert_eq!(why("s3:GetObjct"), typo("s3:GetObject"));
    assert_eq!(why("iam:passroll"), typo("iam:PassRole"));
    let by = |names: &[&str]| Missing::Operation {
        authorised_by: names.iter().map(|&name| name.to_owned()).collect(),
    };
    assert_eq!(why("s3:ListObjectsV2"), by(&["s3:ListBucket"]));
    assert_eq!(why("s3:HeadObject"), by(&["s3:GetObject"]));
    assert_eq!(why("lambda:Invoke"), by(&["lambda:InvokeFunction"]));
    assert_eq!(why("account:getchallengequestions"), Missing::Retired);
    assert_eq!(
        why("nosuchservice:GetItem"),
        Missing::UnknownService { nearest: None }
    );
    let nearest = Some("dynamodb".to_owned());
    assert_eq!(why("dynamobd:GetItem"), Missing::UnknownService { nearest });
    assert_eq!(why("s3:MakeCoffeeForEverybody"), Missing::Unknown);
    assert_eq!(why("s3:"), Missing::Unknown);
    assert_eq!(why(""), Missing::UnknownService { nearest: None });
}

#[test]
fn no_retired_name_is_a_present_one() {
    let retired = document("retired-actions.json");
    let mut count = 0;
    for (prefix, names) in retired.as_object().unwrap() {
        for name in strings(names) {
            let name = format!("{prefix}:{name}");
            assert!(catalog::get().action(&name).is_none(), "{name}");
            assert!(catalog::get().is_retired(&name), "{name}");
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

// Operations.

fn needed(source: &str, event: &str) -> Vec<String> {
    match catalog::get().operation(source, event) {
        Operation::Needs { needs, .. } => needs
            .iter()
            .map(|need| {
                format!(
                    "{}{}",
                    need.action,
                    if need.when.is_some() { "?" } else { "" }
                )
            })
            .collect(),
        other => vec![format!("{other:?}")],
    }
}

#[test]
fn operations_lead_to_the_actions_they_need() {
    for (source, event, actions) in [
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("s3", "HeadObject", "s3:GetObject"),
        ("s3", "CopyObject", "s3:PutObject s3:GetObject?"),
        ("s3", "GetBucketCors", "s3:GetBucketCORS"),
        (
            "s3",
            "DeleteBucketReplication",
            "s3:PutReplicationConfiguration",
        ),
        ("monitoring", "PutMetricData", "cloudwatch:PutMetricData"),
        ("tagging", "GetResources", "tag:GetResources"),
        ("streams.dynamodb", "GetRecords", "dynamodb:GetRecords"),
        (
            "lambda",
            "CreateFunction20150331",
            "lambda:CreateFunction iam:PassRole?",
        ),
        (
            "lambda",
            "UpdateFunctionCode20150331v2",
            "lambda:UpdateFunctionCode",
        ),
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        (
            "cloudfront",
            "CreateDistribution2020_05_31",
            "cloudfront:CreateDistribution",
        ),
        ("datasync", "CreateLocationS3", "datasync:CreateLocationS3"),
        ("kms", "ReEncrypt", "kms:ReEncryptFrom kms:ReEncryptTo"),
        ("apigateway", "CreateRestApi", "apigateway:POST"),
        (
            "eks-auth",
            "AssumeRoleForPodIdentity",
            "eks-auth:AssumeRoleForPodIdentity",
        ),
        (
            "ec2",
            "RunInstances",
            "ec2:RunInstances ec2:CreateTags? iam:PassRole?",
        ),
        (
            "sts",
            "AssumeRole",
            "sts:AssumeRole sts:TagSession? sts:SetSourceIdentity? sts:SetContext?",
        ),
    ] {
        assert_eq!(
            needed(&format!("{source}.amazonaws.com"), event).join(" "),
            actions,
            "{source} {event}"
        );
    }
    assert_eq!(
        needed("ec2.amazonaws.com.cn", "StopInstances"),
        ["ec2:StopInstances"]
    );
}

#[test]
fn an_operation_that_nothing_maps_is_unmapped_and_no_guess() {
    let ask = |source, event| catalog::get().operation(source, event);
    let known = |known| Operation::Unmapped { known };
    assert_eq!(ask("s3.amazonaws.com", "RenameObject"), known(true));
    assert_eq!(ask("s3.amazonaws.com", "Renam"), known(false));
    assert_eq!(ask("nosuch.amazonaws.com", "GetThing"), known(false));
    assert_eq!(ask("", ""), known(false));
    assert!(matches!(
        ask("sts.amazonaws.com", "GetCallerIdentity"),
        Operation::NoPermission { .. }
    ));
    assert!(matches!(
        ask("signin.amazonaws.com", "ConsoleLogin"),
        Operation::NoPermission { .. }
    ));
}

#[test]
fn rows_say_when_an_action_is_needed_and_where_its_resource_is_named() {
    let Operation::Needs { needs, rule } =
        catalog::get().operation("s3.amazonaws.com", "CopyObject")
    else {
        panic!("unmapped");
    };
    assert_eq!(rule, Rule::Curated);
    assert_eq!(
        needs[0].resources,
        [ResourceHint::Members {
            members: vec!["bucketName", "key"],
            resource_type: "object"
        }]
    );
    assert_eq!(
        needs[1].when,
        Some(&When::Present(vec!["x-amz-copy-source".to_owned()]))
    );
    let Operation::Needs { needs, rule } =
        catalog::get().operation("apigateway.amazonaws.com", "GetDeployment")
    else {
        panic!("unmapped");
    };
    assert_eq!(rule, Rule::HttpMethod);
    assert!(
        needs[0]
            .resources
            .iter()
            .any(|hint| matches!(hint, ResourceHint::Path(path) if path.contains("deployments")))
    );
}

#[test]
fn every_row_names_types_that_its_action_takes() {
    let operations = document("operations.json");
    for (prefix, rows) in operations["operations"].as_object().unwrap() {
        assert!(catalog::get().service(prefix).is_some(), "{prefix}");
        for (operation, needs) in rows.as_object().unwrap() {
            for need in needs.as_array().unwrap() {
                let name = need["action"].as_str().unwrap();
                let action = catalog::get().action(name).unwrap();
                assert_eq!(action.name(), name, "{operation}");
                for kind in need["resource"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(_, kind)| kind.as_str().unwrap())
                {
                    let takes = action.resource_types().any(|(own, _)| own.name == kind);
                    assert!(takes, "{prefix} {operation}: {name} takes no `{kind}`");
                }
            }
        }
    }
}

// The small files.

#[test]
fn observability_has_four_answers() {
    let class = |name| catalog::get().observability(catalog::get().action(name).unwrap());
    assert_eq!(class("s3:CreateBucket"), Observability::Management);
    assert_eq!(
        class("s3:GetObject"),
        Observability::Data {
            types: vec!["AWS::S3::AccessPoint", "AWS::S3::Object"]
        }
    );
    assert!(matches!(class("iam:PassRole"), Observability::Never { .. }));
    assert!(matches!(
        class("execute-api:Invoke"),
        Observability::Never { .. }
    ));
    assert_eq!(class("sts:TagSession"), Observability::Management);
    assert_eq!(
        class("s3:BypassGovernanceRetention"),
        Observability::Unknown
    );
}

#[test]
fn service_principals_come_in_regional_forms_and_in_every_partition() {
    let is = |name| catalog::get().is_service_principal(name);
    for name in [
        "lambda.amazonaws.com",
        "pods.eks.amazonaws.com",
        "ec2.amazonaws.com.cn",
        "logs.eu-west-1.amazonaws.com",
    ] {
        assert!(is(name), "{name}");
    }
    for name in [
        "lamda.amazonaws.com",
        "lambda",
        "amazonaws.com",
        "",
        "lambda.example.com",
        "logs.nowhere.amazonaws.com",
    ] {
        assert!(!is(name), "{name}");
    }
    assert_eq!(
        catalog::get().nearest_service_principal("lamda.amazonaws.com"),
        Some("lambda.amazonaws.com")
    );
}

#[test]
fn partitions_and_quotas_are_known_by_name() {
    let catalog = catalog::get();
    assert_eq!(catalog.partitions().len(), 8);
    assert_eq!(
        catalog.partition("aws-cn").unwrap().dns_suffix,
        "amazonaws.com.cn"
    );
    assert!(catalog.is_region("eu-west-1") && !catalog.is_region("eu-west-99"));
    assert_eq!(catalog.quota("iam.managed-policy").unwrap().limit, 6144);
    assert_eq!(
        catalog.quota("iam.managed-policy").unwrap().whitespace,
        Some(false)
    );
    assert!(catalog.quota("nothing").is_none());
}

// The command.

fn leastwise(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .args(args)
        .output()
        .unwrap()
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, text) });
}

/// What a command wrote and how it ended.
fn transcript(args: &[&str]) -> String {
    let output = leastwise(args);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code().unwrap();
    format!(
        "$ leastwise {}\n{}{}exit {code}\n",
        args.join(" "),
        text(&output.stdout),
        text(&output.stderr)
    )
}

#[test]
fn answers() {
    for (name, args) in [
        ("catalog-pattern", &["catalog", "s3:Get*Tagging"][..]),
        ("catalog-service", &["catalog", "--service", "SQS"]),
        (
            "catalog-resource",
            &[
                "catalog",
                "--resource",
                "arn:aws:sqs:eu-west-1:123456789012:jobs",
            ],
        ),
        (
            "catalog-json",
            &["catalog", "lambda:CreateFunction", "--format", "json"],
        ),
        (
            "catalog-resource-json",
            &[
                "catalog",
                "--resource",
                "arn:aws:kms:eu-west-1:123456789012:alias/a",
                "--format",
                "json",
            ],
        ),
    ] {
        snapshot(name, &transcript(args));
    }
}

#[test]
fn every_answer_keeps_its_schema() {
    let schema = schema::committed("catalog", &schema::of_output::<CatalogAnswer>());
    for args in [
        &["*:*"][..],
        &["--service", "s3"],
        &["--resource", "arn:aws:kms:eu-west-1:123456789012:alias/a"],
        &["--date"],
        &["s3:NoSuchAction"],
    ] {
        let output = leastwise(&[&["catalog", "--format", "json"], args].concat());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema::check(&schema, &answer), Ok(()), "{args:?}");
        assert_eq!(answer["schema"], "leastwise/catalog/1");
    }
}

#[test]
fn misses() {
    let all: Vec<_> = [
        "s3:GetObjct",
        "s3:ListObjectsV2",
        "account:GetChallengeQuestions",
        "dynamobd:GetItem",
        "s3:Zzz*",
        "s3:MakeCoffeeForEverybody",
        "s3:\u{1b}[31mGetObject",
    ]
    .into_iter()
    .map(|name| {
        transcript(&["catalog", name])
            .split_once('\n')
            .unwrap()
            .1
            .to_owned()
    })
    .collect();
    snapshot("catalog-misses", &all.concat());
    snapshot(
        "catalog-miss-resource",
        &transcript(&["catalog", "--resource", "arn:aws:nosuch:::x"]),
    );
}

#[test]
fn the_date_is_that_of_the_lock() {
    let output = leastwise(&["catalog", "--date"]);
    let lock = fs::read_to_string(folder().join("catalog.lock")).unwrap();
    let date = lock
        .lines()
        .find_map(|line| line.strip_prefix("date "))
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{date}\n")
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_folder_can_be_named_and_a_wrong_one_is_an_error() {
    let folder = folder();
    let output = leastwise(&["catalog", "--date", "--catalog", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let output = leastwise(&["catalog", "--date", "--catalog", "tests"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("`tests`")
    );
}

#[test]
fn every_command_asks_the_catalog_that_was_named() {
    // Without `services/sqs.json`, an action of SQS is an action of nothing.
    let named = std::env::temp_dir().join(format!("leastwise-catalog-{}", std::process::id()));
    std::fs::create_dir_all(named.join("services")).unwrap();
    for (within, prefix) in [(folder(), ""), (folder().join("services"), "services/")] {
        for entry in std::fs::read_dir(&within).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_file() && name != "sqs.json" {
                std::fs::copy(&path, named.join(format!("{prefix}{name}"))).unwrap();
            }
        }
    }
    let policy = named.join("policy.txt");
    std::fs::write(
        &policy,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage",
            "Resource":"arn:aws:sqs:eu-west-1:111122223333:q"}}"#,
    )
    .unwrap();
    let lint = |with: &[&str]| {
        let mut args = vec!["lint", "--format", "concise", "--persona", "auditor"];
        args.push(policy.to_str().unwrap());
        args.extend(with);
        String::from_utf8(leastwise(&args).stdout).unwrap()
    };
    assert!(!lint(&[]).contains("unknown-service"));
    let told = lint(&["--catalog", named.to_str().unwrap()]);
    std::fs::remove_dir_all(&named).unwrap();
    assert!(told.contains("unknown-service"), "{told}");
}

#[test]
fn a_question_is_needed_and_only_one() {
    assert_eq!(leastwise(&["catalog"]).status.code(), Some(2));
    assert_eq!(
        leastwise(&["catalog", "s3:*", "--date"]).status.code(),
        Some(2)
    );
}
