//! `aws_lambda_permission`: no document, but AWS makes it a statement of the
//! function's resource policy.

use super::module::Top;
use super::scope::Scope;
use super::thing::object;
use super::value::{Entry, Json, Val, What};
use super::world::World;
use std::rc::Rc;

/// Attributes that restrict who may call, and the condition each becomes.
const CONDITIONS: &[(&str, &str, &str)] = &[
    ("source_arn", "ArnLike", "AWS:SourceArn"),
    ("source_account", "StringEquals", "AWS:SourceAccount"),
    ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
    (
        "event_source_token",
        "StringEquals",
        "lambda:EventSourceToken",
    ),
    (
        "function_url_auth_type",
        "StringEquals",
        "lambda:FunctionUrlAuthType",
    ),
];

/// The policy that a permission is.
pub(super) fn statement(world: &World<'_>, top: &Top, scope: &Scope) -> Val {
    let body = &top.block.body;
    let site = scope.site(top.block.span);
    let attribute = |name: &str| {
        let attribute = body.attribute(name)?;
        let value = world.eval(&attribute.value, scope);
        (!value.is_null()).then_some((value, scope.site(attribute.name_span)))
    };
    let text = |text: &str| Val::text(text, site);
    let mut entries = Vec::new();
    let mut add = |key: &str, key_site, value| {
        entries.push(Entry {
            key: key.into(),
            key_site,
            value,
        });
    };
    if let Some((sid, at)) = attribute("statement_id") {
        add("Sid", at, sid);
    }
    add("Effect", site, text("Allow"));
    if let Some((principal, at)) = attribute("principal") {
        let written = principal.as_text().unwrap_or_default();
        let value = match &*written {
            "*" => principal,
            service if service.contains(".amazonaws.") => object(at, [("Service", principal)]),
            _ => object(at, [("AWS", principal)]),
        };
        add("Principal", at, value);
    }
    if let Some((action, at)) = attribute("action") {
        add("Action", at, action);
    }
    if let Some((function, at)) = attribute("function_name") {
        let qualifier = attribute("qualifier").and_then(|(value, _)| value.as_text());
        let qualifier = qualifier.map_or_else(String::new, |text| format!(":{text}"));
        let arn = function.each_side(&mut |function| {
            let written = function.as_text().unwrap_or_default();
            match written.starts_with("arn:") {
                true => Val::text(format!("{written}{qualifier}"), function.site),
                false => {
                    let known = |address: &str, domain| world.symbol(address, domain).text();
                    use crate::policy::{Domain, Symbol};
                    let partition = known(Symbol::PARTITION, Domain::Partition);
                    let region = known(Symbol::REGION, Domain::Region);
                    let account = known(Symbol::ACCOUNT, Domain::Account);
                    let arn = format!(
                        "arn:{partition}:lambda:{region}:{account}:function:{written}{qualifier}"
                    );
                    Val::text(arn, function.site)
                }
            }
        });
        add("Resource", at, arn);
    }
    let mut conditions: Vec<(&str, Vec<Entry>)> = Vec::new();
    for (name, test, key) in CONDITIONS {
        let Some((value, key_site)) = attribute(name) else {
            continue;
        };
        let entry = Entry {
            key: (*key).into(),
            key_site,
            value,
        };
        match conditions.iter_mut().find(|(known, _)| known == test) {
            Some((_, entries)) => entries.push(entry),
            None => conditions.push((test, vec![entry])),
        }
    }
    if !conditions.is_empty() {
        let tests = conditions.into_iter().map(|(test, entries)| Entry {
            key: test.into(),
            key_site: site,
            value: Val::new(What::Object(Rc::new(entries)), site),
        });
        add(
            "Condition",
            site,
            Val::new(What::Object(Rc::new(tests.collect())), site),
        );
    }
    let statement = Val::new(What::Object(Rc::new(entries)), site);
    let version = text("2012-10-17");
    let value = object(
        site,
        [
            ("Version", version),
            ("Statement", Val::list(vec![statement], site)),
        ],
    );
    let json = Json {
        value,
        source: None,
        missing: None,
    };
    Val::new(What::Json(Rc::new(json)), site)
}
