//! Files, folders and account exports, read as a caller reads them.

use leastwise::policy::PolicyType;
use leastwise::sources::{
    Completeness, EntityKind, Failure, Host, Inventory, ReadOptions, read, read_sources,
};
use leastwise::text::Source;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}"#;

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("sources")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn read_all(paths: &[PathBuf]) -> Inventory {
    read(paths, None, &ReadOptions::default())
}

fn read_str(text: &str) -> Inventory {
    read_sources(vec![Source::new("p.json", text)], &ReadOptions::default())
}

fn fixtures(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("policies")
        .join(of)
}

/// The inventory as a table for people, without the folder the test ran in.
fn describe(inventory: &Inventory, folder: &Path) -> String {
    let mut out = String::new();
    for document in &inventory.documents {
        let source = inventory.source(document.source);
        let (start, end) = (
            source.position(document.span.start),
            source.position(document.span.end),
        );
        writeln!(
            out,
            "{} {}:{}-{}:{} {}",
            source.name(),
            start.line,
            start.column,
            end.line,
            end.column,
            document.address.as_deref().unwrap_or("(whole file)"),
        )
        .unwrap();
        writeln!(
            out,
            "    {} ({}) {:?} {:?}{}",
            document.policy_type.name(),
            if document.certain {
                "certain"
            } else {
                "likely"
            },
            document.host,
            document.completeness,
            document
                .reason
                .as_deref()
                .map(|r| format!(": {r}"))
                .unwrap_or_default(),
        )
        .unwrap();
        if let Some(arn) = &document.arn {
            writeln!(out, "    of {arn}").unwrap();
        }
        for statement in document.policy.iter().flat_map(|policy| &policy.statements) {
            let elements = [
                statement.action.as_ref().map(|action| action.span),
                statement.resource.as_ref().map(|resource| resource.span),
            ];
            let texts: Vec<_> = elements
                .into_iter()
                .flatten()
                .map(|span| source.slice(span).replace(['\n', ' '], ""))
                .collect();
            writeln!(out, "    statement {}", texts.join(" on ")).unwrap();
        }
        for diagnostic in &document.diagnostics {
            let at = source.position(diagnostic.primary.span.start);
            writeln!(
                out,
                "    {}:{} {}: {}",
                at.line, at.column, diagnostic.code, diagnostic.message
            )
            .unwrap();
        }
    }
    for entity in &inventory.entities {
        let addresses = |ids: &[leastwise::sources::DocumentId]| {
            ids.iter()
                .map(|&id| inventory.document(id).address.clone().unwrap())
                .collect::<Vec<_>>()
        };
        let effective = inventory.effective(entity);
        writeln!(out, "{:?} {}", entity.kind, entity.arn).unwrap();
        writeln!(
            out,
            "    {} {} {}",
            entity.path, entity.name, entity.unique_id
        )
        .unwrap();
        let trust: Vec<_> = entity.trust.into_iter().collect();
        writeln!(out, "    trust {:?}", addresses(&trust)).unwrap();
        writeln!(out, "    policies {:?}", addresses(&entity.policies)).unwrap();
        writeln!(out, "    effective {:?}", addresses(&effective.documents)).unwrap();
        writeln!(out, "    unresolved {:?}", effective.unresolved).unwrap();
        if let Some(boundary) = &entity.boundary {
            let document: Vec<_> = boundary.document.into_iter().collect();
            writeln!(
                out,
                "    boundary {} {:?}",
                boundary.arn,
                addresses(&document)
            )
            .unwrap();
        }
        writeln!(
            out,
            "    groups {:?}, profiles {:?}, tags {:?}, last used {:?}",
            entity.groups, entity.instance_profiles, entity.tags, entity.last_used
        )
        .unwrap();
    }
    let lists = [
        ("failure", &inventory.failures),
        ("empty", &inventory.empty),
        ("gap", &inventory.gaps),
    ];
    for (kind, list) in lists {
        for Failure { path, message } in list {
            writeln!(out, "{kind} {path}: {message}").unwrap();
        }
    }
    writeln!(out, "without policy {}", inventory.without_policy).unwrap();
    writeln!(out, "{:#?}", inventory.coverage()).unwrap();
    out.replace(&format!("{}/", folder.display()), "")
        .replace(&folder.display().to_string(), ".")
}

macro_rules! snapshot {
    ($name:literal, $inventory:expr, $folder:expr) => {
        insta::with_settings!({
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!($name, describe($inventory, $folder));
        });
    };
}

#[test]
fn account_export() {
    let folder = fixtures("accounts/reading");
    let inventory = read_all(&[folder.join("account.json")]);
    snapshot!("sources-account", &inventory, &folder);
}

#[test]
fn responses_of_commands() {
    let folder = fixtures("wrappers");
    let inventory = read_all(std::slice::from_ref(&folder));
    snapshot!("sources-wrappers", &inventory, &folder);
}

#[test]
fn what_cannot_be_read_does_not_hide_the_rest() {
    let folder = folder("failures");
    write(&folder, "good.json", POLICY);
    write(&folder, "latin1.json", b"{\"Statement\": \"\xe9\"}");
    write(&folder, "truncated.json", &POLICY[..70]);
    write(&folder, "other.json", r#"{"name": "nothing of interest"}"#);
    write(
        &folder,
        "broken-other.json",
        "{\"compilerOptions\": {} // no policy\n}",
    );
    write(&folder, "empty.json", "");
    write(
        &folder,
        "deep.json",
        format!("{{\"Statement\": {}", "[".repeat(10_000)),
    );
    write(
        &folder,
        "template.json",
        r#"{"Resources": {"R": {"Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow"}}}}}}"#,
    );
    let inventory = read_all(&[folder.clone(), folder.join("missing.json")]);
    snapshot!("sources-failures", &inventory, &folder);
}

#[test]
fn named_files_without_a_policy_are_told() {
    let folder = folder("named");
    let paths = [
        write(&folder, "empty.json", " \n"),
        write(&folder, "other.json", "{\"a\": 1}"),
        write(
            &folder,
            "tsconfig.json",
            "{\"compilerOptions\": {} // no policy\n}",
        ),
        write(&folder, "notes.txt", "not JSON at all"),
        write(
            &folder,
            "template.json",
            r#"{"Resources": {"R": {"Type": "AWS::S3::Bucket"}}}"#,
        ),
        write(
            &folder,
            "plan.json",
            r#"{"format_version": "1.2", "planned_values": {}}"#,
        ),
        write(
            &folder,
            "tree.json",
            r#"{"version": "tree-0.1", "tree": {}}"#,
        ),
        folder.join("nothing"),
    ];
    fs::create_dir(folder.join("nothing")).unwrap();
    let inventory = read_all(&paths);
    snapshot!("sources-named", &inventory, &folder);
}

#[test]
fn folders_are_walked_in_order_and_honour_gitignore() {
    let folder = folder("walk");
    for name in [
        "b.json",
        "a.json",
        "z/a.json",
        "a/b.JSON",
        "generated/x.json",
        "skip.gen.json",
        ".hidden/a.json",
        "node_modules/m/p.json",
        "text.txt",
    ] {
        write(&folder, name, POLICY);
    }
    write(&folder, ".gitignore", "generated/\n");
    let options = ReadOptions {
        exclude: vec!["*.gen.json".to_owned()],
        ..ReadOptions::default()
    };
    let inventory = read(&[folder.clone(), folder.join("a.json")], None, &options);
    let names: Vec<_> = inventory
        .sources
        .iter()
        .map(|source| {
            source
                .name()
                .strip_prefix(folder.to_str().unwrap())
                .unwrap()
        })
        .collect();
    assert_eq!(names, ["/a/b.JSON", "/a.json", "/b.json", "/z/a.json"]);
    assert_eq!(inventory.failures, []);
    // A named file is read whatever it is called, unless exclusion is forced.
    let named = [folder.join("skip.gen.json"), folder.join("text.txt")];
    assert_eq!(read(&named, None, &options).documents.len(), 2);
    let forced = ReadOptions {
        force_exclude: true,
        ..options
    };
    assert_eq!(read(&named, None, &forced).documents.len(), 1);
}

#[cfg(unix)]
#[test]
fn symbolic_links_cannot_trap_the_walk() {
    use std::os::unix::fs::symlink;
    let folder = folder("links");
    write(&folder, "a/p.json", POLICY);
    symlink(&folder, folder.join("a/up")).unwrap();
    symlink("loop.json", folder.join("loop.json")).unwrap();
    let inventory = read_all(std::slice::from_ref(&folder));
    assert_eq!(inventory.documents.len(), 1);
    assert_eq!(inventory.failures, []);
    let named = read_all(&[folder.join("loop.json")]);
    assert_eq!(named.failures.len(), 1);
    let message = &named.failures[0].message;
    assert!(message.contains("symbolic links"), "{message}");
    assert!(!message.contains("os error"), "{message}");
}

#[test]
fn standard_input_is_read_for_a_dash() {
    let mut stdin = POLICY.as_bytes();
    let options = ReadOptions {
        policy_type: Some(PolicyType::Boundary),
        ..ReadOptions::default()
    };
    let inventory = read(&[PathBuf::from("-")], Some(&mut stdin), &options);
    let [document] = inventory.documents.as_slice() else {
        panic!("{inventory:?}");
    };
    assert_eq!(inventory.sources[0].name(), "-");
    assert_eq!(document.policy_type, PolicyType::Boundary);
    assert!(document.certain);
}

#[test]
fn encodings_of_editors_are_read() {
    let folder = folder("encodings");
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain(POLICY.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let paths = [
        write(&folder, "bom.json", format!("\u{FEFF}{POLICY}")),
        write(&folder, "utf16.json", utf16),
        write(&folder, "crlf.json", POLICY.replace('\n', "\r\n")),
    ];
    let inventory = read_all(&paths);
    assert_eq!(inventory.failures, []);
    assert_eq!(inventory.documents.len(), 3);
    for document in &inventory.documents {
        assert_eq!(document.completeness, Completeness::Full);
        assert_eq!(document.diagnostics, []);
    }
}

/// Written as AWS writes it: every byte but the unreserved ones.
fn url_encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[test]
fn a_whole_file_may_be_a_string_or_url_encoded() {
    let string = serde_json::json!(POLICY).to_string();
    for text in [
        url_encoded(POLICY),
        format!("\n{}\n", url_encoded(POLICY)),
        url_encoded(&format!("\n{POLICY}\n")),
        // `+` is no blank: the API writes those as `%20`
        url_encoded(&POLICY.replace("b/*", "b/x+y")).replace("%2B", "+"),
        string.clone(),
        serde_json::json!(url_encoded(POLICY)).to_string(),
    ] {
        let inventory = read_str(&text);
        assert_eq!(inventory.failures, [], "{text}");
        let [document] = inventory.documents.as_slice() else {
            panic!("{text}: {inventory:?}");
        };
        assert_eq!(document.completeness, Completeness::Full, "{text}");
        assert_eq!(document.diagnostics, []);
        let statement = &document.policy.as_ref().unwrap().statements[0];
        let resource = format!("{statement:?}");
        assert_eq!(resource.contains("x+y"), text.contains('+'), "{resource}");
        let written = &text[statement.span.range()];
        assert!(
            written.contains("GetObject") && written.ends_with(['D', '}']),
            "{written}"
        );
    }
    // a wrapper that is encoded as a whole, policy string and all
    let text = url_encoded(&format!("{{\"Policy\": {string}}}"));
    let inventory = read_str(&text);
    assert_eq!(inventory.documents[0].address.as_deref(), Some("/Policy"));
    assert_eq!(inventory.documents[0].completeness, Completeness::Full);

    let broken = url_encoded(POLICY).replace("%3A%20%5B", "%20%5B");
    let [document] = &read_str(&broken).documents[..] else {
        panic!("{broken}");
    };
    let [mistake] = &document.diagnostics[..] else {
        panic!("{document:?}");
    };
    assert_eq!(mistake.message, "expected `:`, found `[`");
    assert_eq!(&broken[mistake.primary.span.range()], "%5B");
    let cut = read_str("%7B%22Statement%22");
    assert_eq!(cut.documents[0].diagnostics.len(), 1);
}

/// Cut at any byte, a policy has one mistake of notation, wherever it stands
/// and however it is written.
#[test]
fn a_truncated_policy_is_one_mistake() {
    let policy = "{\"Statement\": [{\"Sid\": \"\\u00e9\\ud834\\udd1e\\n\", \"Effect\": \"Allow\", \
        \"Action\": [\"s3:Get*\", \"s3:é\"], \"Resource\": \"arn:aws:s3:::b/${aws:username}/}\", \
        \"Condition\": {\"Bool\": {\"aws:SecureTransport\": true}, \"Null\": {\"k\": null}}}, \
        {\"Effect\": \"Deny\", \"NotAction\": \"*\", \"Resource\": \"*\"}], \"Id\": -1.5e3}";
    let held = serde_json::json!({"Policy": policy, "RevisionId": "1"}).to_string();
    let encoded = url_encoded(policy);
    let held_encoded = serde_json::json!({"PolicyDocument": encoded, "RoleName": "r"}).to_string();
    for text in [policy, &held, &encoded, &held_encoded] {
        let mut told = 0;
        for end in 0..text.len() {
            let Ok(source) = Source::from_bytes("p.json", text.as_bytes()[..end].to_vec()) else {
                continue; // within a character
            };
            let inventory = read_sources(vec![source], &ReadOptions::default());
            let mistakes: Vec<_> = inventory
                .documents
                .iter()
                .flat_map(|document| &document.diagnostics)
                .filter(|mistake| mistake.code == "syntax-error")
                .collect();
            let shown = &text[..end];
            assert!(mistakes.len() <= 1, "{shown}: {mistakes:?}");
            let found = inventory.documents.len() == 1;
            assert_eq!(mistakes.len() == 1, found, "{shown}: {inventory:?}");
            told += usize::from(found);
        }
        // What stands before the name of the first element is no policy yet.
        assert!(told > text.len() - 50, "{told} of {}", text.len());
        assert!(
            read_str(text).documents[0]
                .diagnostics
                .iter()
                .all(|d| d.code != "syntax-error")
        );
    }
}

#[test]
fn templates_are_symbolic_and_broken_documents_partial() {
    let completeness = |text: &str| {
        let inventory = read_str(text);
        let document = inventory.documents.first().unwrap();
        (document.completeness, document.reason.clone())
    };
    let (full, reason) = completeness(POLICY);
    assert_eq!((full, reason), (Completeness::Full, None));
    let (symbolic, reason) = completeness(&POLICY.replace("/*", "/${STAGE}/*"));
    assert_eq!(symbolic, Completeness::Symbolic);
    assert_eq!(reason.unwrap(), "`${STAGE}` is filled in at deployment");
    // What is done is not known: that leaves open what is granted.
    let (partial, reason) = completeness(&POLICY.replace("\"s3:GetObject\"", "[${ACTIONS}]"));
    assert_eq!(partial, Completeness::Partial);
    assert_eq!(reason.unwrap(), "an action holds `⟨ACTIONS⟩`");
    let (partial, reason) = completeness(&POLICY.replace("\"Effect\":", "\"Effect\""));
    assert_eq!(partial, Completeness::Partial);
    assert!(reason.is_some());
    let (opaque, _) = completeness("{\"Statement\" \"Effect\"");
    assert!(opaque >= Completeness::Partial);
}

#[test]
fn one_mistake_of_notation_is_told_once() {
    let codes = |text: &str| {
        let inventory = read_str(text);
        let diagnostics = inventory.documents.iter().flat_map(|d| &d.diagnostics);
        diagnostics.map(|d| d.code).collect::<Vec<_>>()
    };
    let torn = POLICY.replace("\"Action\":", "\"Action\"");
    assert_eq!(codes(&torn), ["syntax-error"]);
    let cut = &POLICY[..POLICY.find("Action").unwrap() + 4];
    assert!(codes(cut).iter().all(|&code| code == "syntax-error"));
    // Another statement's mistakes are its own.
    let other = torn.replace("}]}", "}, {\"Effect\": \"Alow\", \"Resource\": \"*\"}]}");
    assert_eq!(
        codes(&other),
        ["syntax-error", "missing-element", "invalid-effect"]
    );
}

#[test]
fn pages_of_one_export_refer_to_each_other() {
    let text = fs::read_to_string(fixtures("accounts/reading/account.json")).unwrap();
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let page = |keep: &[&str]| {
        let mut page = whole.clone();
        for (key, list) in page.as_object_mut().unwrap() {
            if !keep.contains(&key.as_str()) {
                *list = serde_json::json!([]);
            }
        }
        page["Marker"] = "AAF=".into();
        page.to_string()
    };
    let pages = [
        page(&["UserDetailList", "GroupDetailList"]),
        page(&["RoleDetailList"]),
        page(&["Policies"]),
    ];
    let shape = |inventory: &Inventory| {
        let mut shape: Vec<_> = inventory
            .entities
            .iter()
            .map(|entity| {
                let effective = inventory.effective(entity);
                let boundary = entity.boundary.as_ref().map(|b| b.document.is_some());
                let documents = effective.documents.len();
                (
                    entity.arn.clone(),
                    documents,
                    effective.unresolved,
                    boundary,
                )
            })
            .collect();
        shape.sort();
        shape
    };
    let expected = shape(&read_str(&text));
    assert_eq!(expected.len(), 3);
    let one_file = read_str(&pages.join("\n"));
    assert_eq!(shape(&one_file), expected);
    let sources = pages.iter().enumerate();
    let sources = sources.map(|(n, text)| Source::new(format!("{n}.json"), text.as_str()));
    let files = read_sources(sources.collect(), &ReadOptions::default());
    assert_eq!(shape(&files), expected);
    for document in &files.documents {
        assert_eq!(files.document(document.id).address, document.address);
        if let Some(entity) = document.entity {
            assert_eq!(Some(&files.entity(entity).arn), document.arn.as_ref());
        }
    }
}

#[test]
fn an_entity_in_two_exports_is_read_once() {
    let text = fs::read_to_string(fixtures("accounts/reading/account.json")).unwrap();
    let twice = ["a.json", "b.json"].map(|name| Source::new(name, text.as_str()));
    let inventory = read_sources(twice.to_vec(), &ReadOptions::default());
    assert_eq!(inventory.entities.len(), 3);
    assert_eq!(
        inventory
            .gaps
            .iter()
            .filter(|gap| gap.path == "b.json")
            .count(),
        3
    );
    let role = inventory
        .entities
        .iter()
        .find(|e| e.kind == EntityKind::Role)
        .unwrap();
    assert!(
        role.policies
            .iter()
            .all(|&id| inventory.document(id).source == role.source)
    );
}

#[test]
fn a_truncated_export_keeps_what_stands_before_the_cut() {
    let text = fs::read_to_string(fixtures("accounts/reading/account.json")).unwrap();
    let cut = text.find("\"RoleLastUsed\"").unwrap();
    let inventory = read_str(&text[..cut]);
    assert!(
        inventory
            .entities
            .iter()
            .any(|entity| entity.kind == EntityKind::Role)
    );
    assert_eq!(inventory.failures.len(), 1, "{:?}", inventory.failures);
    let errors = inventory.documents.iter().flat_map(|d| &d.diagnostics);
    assert!(errors.into_iter().any(|d| d.code == "syntax-error"));
}

#[test]
fn policies_quoted_in_trail_records_are_not_in_force() {
    let record = format!(
        r#"{{"Records": [{{"eventVersion": "1.08", "eventSource": "s3.amazonaws.com",
            "requestParameters": {{"bucketPolicy": {POLICY}}}}}]}}"#
    );
    assert_eq!(read_str(&record).documents.len(), 0);
}

#[test]
fn a_policy_anywhere_in_other_json_is_found() {
    let text = format!(
        r#"{{"a/b": [{{"~": {POLICY}}}], "lifecyclePolicy": {{"Statement": [1]}}, "s": {:?}}}"#,
        POLICY
    );
    let inventory = read_str(&text);
    let addresses: Vec<_> = inventory
        .documents
        .iter()
        .map(|d| d.address.clone())
        .collect();
    assert_eq!(
        addresses,
        [Some("/a~1b/0/~0".to_owned()), Some("/s".to_owned())]
    );
    assert!(
        inventory
            .documents
            .iter()
            .all(|d| d.host == Host::Unstated && !d.certain)
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    /// Whatever happens to a file, reading ends, ids and places hold, and a
    /// broken text never passes for a sound one.
    #[test]
    fn a_damaged_export_is_read_without_surprise(
        cuts in proptest::collection::vec((0.0..1.0f64, 0..40usize, "[{}\\[\\]\",:\\\\a%é$]{0,3}"), 1..6),
    ) {
        let mut text = fs::read_to_string(fixtures("accounts/reading/account.json")).unwrap();
        for (at, length, insert) in cuts {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let start = text.floor_char_boundary((text.len() as f64 * at) as usize);
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &insert);
        }
        let inventory = read_str(&text);
        for document in &inventory.documents {
            let end = document.span.end as usize;
            proptest::prop_assert!(end <= inventory.source(document.source).text().len());
            if let Some(entity) = document.entity {
                let _ = inventory.entity(entity);
            }
        }
        for entity in &inventory.entities {
            for id in inventory.effective(entity).documents {
                let _ = inventory.document(id);
            }
        }
        let is_json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        let told = inventory.documents.iter().any(|d| !d.diagnostics.is_empty())
            || !inventory.empty.is_empty()
            || !inventory.failures.is_empty();
        proptest::prop_assert!(is_json || told);
    }
}

#[test]
fn policies_of_awss_own_are_known_where_the_input_lacks_them() {
    let role = |name: &str, attached: &str| {
        format!(
            r#"{{"Arn": "arn:aws:iam::111122223333:role/{name}", "RoleName": "{name}",
                "AttachedManagedPolicies": [{{"PolicyArn": "{attached}"}}],
                "PermissionsBoundary": {{"PermissionsBoundaryArn":
                    "arn:aws:iam::aws:policy/PowerUserAccess"}}}}"#
        )
    };
    let export = |roles: &[String]| {
        format!(
            r#"{{"UserDetailList": [], "GroupDetailList": [], "Policies": [],
                "RoleDetailList": [{}]}}"#,
            roles.join(",")
        )
    };
    let inventory = read_str(&export(&[
        role("a", "arn:aws:iam::aws:policy/AdministratorAccess"),
        role("b", "arn:aws:iam::111122223333:policy/own"),
        role("c", "arn:aws-cn:iam::aws:policy/AdministratorAccess"),
    ]));
    // They are no part of what was read, so nothing is found in them.
    assert_eq!(inventory.documents.len(), 0);
    assert_eq!(inventory.coverage().documents, 0);
    let entity = |name: &str| {
        let arn = format!("arn:aws:iam::111122223333:role/{name}");
        inventory.entity_by_arn(&arn).unwrap()
    };
    let [policy] = entity("a").policies.as_slice() else {
        panic!("{:?}", entity("a"));
    };
    let policy = inventory.document(*policy);
    assert_eq!(policy.host, Host::ManagedPolicy);
    assert_eq!(policy.completeness, Completeness::Full);
    assert_eq!(policy.policy.as_ref().unwrap().statements.len(), 1);
    assert_eq!(
        inventory.source(policy.source).name(),
        "arn:aws:iam::aws:policy/AdministratorAccess"
    );
    let boundary = entity("b").boundary.as_ref().unwrap().document.unwrap();
    assert_eq!(
        inventory.document(boundary).address.as_deref(),
        Some("aws:policy/PowerUserAccess")
    );
    assert_eq!(
        entity("b").unresolved,
        ["arn:aws:iam::111122223333:policy/own"]
    );
    assert_eq!(
        entity("c").unresolved,
        ["arn:aws-cn:iam::aws:policy/AdministratorAccess"]
    );
    let date = leastwise::catalog::managed_policies_date();
    let gaps: Vec<&str> = inventory
        .gaps
        .iter()
        .map(|gap| gap.message.as_str())
        .collect();
    assert_eq!(
        gaps,
        [
            format!(
                "4 attached policies of AWS's are not in the input: their text of {date} is taken"
            )
            .as_str(),
            "`arn:aws-cn:iam::aws:policy/AdministratorAccess` is referred to once and is not in the input",
            "`arn:aws:iam::111122223333:policy/own` is referred to once and is not in the input",
        ]
    );
}
