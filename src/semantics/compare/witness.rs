//! A request out of a difference, replayed through the simulator
//! (`comparison.md` 9).

use super::actions;
use super::budget::Stop;
use super::compile::{Compiled, Frame, shapes};
use super::glob::Glob;
use super::search::Difference;
use super::solver::{Atom, Cube, KeyValue, Target, Variable};
use super::stack::{Place, Side, Stack};
use crate::catalog::{self, Scope};
use crate::semantics::evaluate::{CompiledPolicy, permits};
use crate::semantics::{Caller, Context, Request, Settings};

/// A request that one side allows and the other does not. It was replayed
/// through the simulator on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The request. Its context is complete.
    pub request: Request,
    /// The statement that allows it, one for each layer.
    pub allowed_by: Vec<Place>,
    /// The statement of the other side that denies it; `None` where nothing
    /// there allows it.
    pub denied_by: Option<Place>,
    /// Whether the catalog knows the action, the resource is one that the action
    /// works on, and the keys agree with each other, with the resource and with
    /// the caller.
    pub realistic: bool,
}

/// The compiled policies of both sides, for replay.
#[derive(Debug)]
pub(super) struct Judge {
    old: Vec<CompiledPolicy>,
    new: Vec<CompiledPolicy>,
}

impl Judge {
    pub(super) fn new(old: &Stack, new: &Stack) -> Self {
        let compile = |stack: &Stack| {
            let layers = stack.layers.iter();
            layers
                .map(|one| CompiledPolicy::new(&one.policy, one.policy_type))
                .collect()
        };
        Self {
            old: compile(old),
            new: compile(new),
        }
    }

    /// What the simulator says of a side; `None` if it cannot read the
    /// request.
    pub(super) fn allows(
        &self,
        side: Side,
        request: &Request,
        settings: &Settings,
    ) -> Option<bool> {
        let layers = match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        };
        for policy in layers {
            if !permits(policy, request, settings).ok()? {
                return Some(false);
            }
        }
        Some(true)
    }
}

/// Real actions looked at for one that fits a resource.
const ACTIONS: usize = 24;

/// A request of the difference; whether it is realistic; `None` where the
/// cube turns out to have no point once policy variables are looked at.
pub(super) fn request(
    frame: &Frame,
    compiled: &mut Compiled,
    difference: &Difference,
) -> Result<Option<(Request, bool)>, Stop> {
    let cube = &difference.cube;
    let literals = cube.of(Variable::Resource);
    let Some(context) = context(compiled, cube)? else {
        return Ok(None);
    };
    let one = |key: &str| context.get(key).and_then(|values| values.first());
    let owner = one("aws:ResourceAccount").cloned();
    let mut chosen = None;
    let (mut first, mut second) = (None, None);
    for action in actions::real(difference.group, &frame.actions).take(ACTIONS) {
        let name = action.name();
        let target = match action.scope() {
            Scope::WildcardOnly if name == "s3:ListAllMyBuckets" => None,
            Scope::WildcardOnly => {
                let found = compiled.solver.resource(literals, &[], true)?;
                found.filter(|target| matches!(target, Target::Star))
            }
            Scope::Unknown => None,
            Scope::ResourceTypes => {
                let shapes = shapes(action, &mut compiled.solver);
                compiled.solver.resource(literals, &shapes, false)?
            }
        };
        let Some(target) = target else {
            first.get_or_insert(name);
            continue;
        };
        // The name of a bucket holds no slash, which shapes do not say.
        let fits = match &target {
            Target::Star => true,
            Target::Arn(fields) => arn(fields, owner.as_deref(), compiled)?.is_some_and(|arn| {
                let mut types = action.resource_types();
                types.any(|(kind, _)| kind.matches(&arn))
            }),
        };
        if fits {
            chosen = Some((name, target));
            break;
        }
        second.get_or_insert((name, target));
    }
    let fits = chosen.is_some();
    let chosen = chosen.or(second);
    let (action, target) = match chosen {
        Some(chosen) => chosen,
        None => {
            let target = match compiled.solver.resource(literals, &[], false)? {
                Some(Target::Star) | None => compiled.solver.resource(literals, &[], true)?,
                arn => arn,
            };
            let Some(target) = target else {
                return Ok(None);
            };
            let group = difference.group;
            let made_up = match &group.service {
                Some(service) => format!("{service}:{}", group.name),
                None => "newservice:NewAction".to_owned(),
            };
            (first.unwrap_or(made_up), target)
        }
    };
    let resource = match target {
        Target::Star => "*".to_owned(),
        Target::Arn(fields) => match arn(&fields, owner.as_deref(), compiled)? {
            Some(arn) => arn,
            None => return Ok(None),
        },
    };
    let principal = principal(compiled, cube);
    let listed = catalog::get().action(&action);
    let wildcard_only = listed.is_some_and(|action| action.scope() == Scope::WildcardOnly);
    // Said only where the catalog would have it otherwise; an override would
    // put an ARN in place of `*` (R46).
    let overridden = wildcard_only && action == "s3:ListAllMyBuckets";
    let star = resource == "*" && !overridden;
    let wildcard_only_action = (wildcard_only != star).then_some(star);
    let request = Request {
        principal,
        action,
        resource,
        resource_account: None,
        context,
        wildcard_only_action: wildcard_only_action.filter(|only| !only || listed.is_none()),
        credential: None,
    };
    let named = !compiled.callers.is_empty();
    let realistic = fits && agree(&request, named);
    Ok(Some((request, realistic)))
}

/// Whether the keys of a request agree with each other, with its resource and,
/// where policies name principals, with its caller (`comparison.md` 9).
fn agree(request: &Request, named: bool) -> bool {
    let of_arn = |arn: &str| {
        let account = arn.split(':').nth(4)?;
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        is_account.then(|| account.to_owned())
    };
    let value = |key: &str| {
        let values = request.context.get(key)?;
        values.first().cloned()
    };
    let account_in = |key: &str| value(key).and_then(|arn| of_arn(&arn));
    let same = |a: Option<String>, b: Option<String>| a.zip(b).is_none_or(|(a, b)| a == b);
    let is_true = |key: &str| value(key).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let caller = Caller::classify(&request.principal).filter(|_| named);
    let of_service = matches!(caller, Some(Caller::Service(_)));
    let account = caller.as_ref().and_then(|_| of_arn(&request.principal));
    let kind = caller.as_ref().and_then(|caller| match caller {
        Caller::Anonymous => Some("Anonymous"),
        Caller::Root { .. } => Some("Account"),
        Caller::User(_) => Some("User"),
        Caller::Role(_) | Caller::Session { .. } => Some("AssumedRole"),
        Caller::FederatedUser(_) => Some("FederatedUser"),
        Caller::Service(_) | Caller::Canonical(_) | Caller::Federated(_) => None,
    });
    same(account_in("aws:PrincipalArn"), value("aws:PrincipalAccount"))
        && same(account.clone(), account_in("aws:PrincipalArn"))
        && same(account, value("aws:PrincipalAccount"))
        && same(kind.map(str::to_owned), value("aws:PrincipalType"))
        && same(account_in("aws:SourceArn"), value("aws:SourceAccount"))
        && same(of_arn(&request.resource), value("aws:ResourceAccount"))
        && (of_service || caller.is_none() || !is_true("aws:PrincipalIsAWSService"))
        // Through an endpoint of a VPC the address is the one in the VPC.
        && (value("aws:VpcSourceIp").is_none() || value("aws:SourceIp").is_none())
}

/// An ARN of these fields, with usual words where they will do; of this
/// account, if one is asked for.
fn arn(
    fields: &Cube,
    owner: Option<&str>,
    compiled: &mut Compiled,
) -> Result<Option<String>, Stop> {
    let accounts: Vec<&str> = owner
        .into_iter()
        .chain(["111111111111", "222222222222", ""])
        .collect();
    let usual: [&[&str]; 5] = [&["aws"], &[], &["us-east-1", ""], &accounts, &[]];
    let mut text = "arn".to_owned();
    for (field, usual) in usual.iter().enumerate() {
        let variable = Variable::Field(field);
        let mut chosen = None;
        for word in *usual {
            let literal = compiled
                .solver
                .literal(Atom::Field(field, Glob::literal(word)));
            if compiled.solver.within(fields, &[literal])?.is_some() {
                chosen = Some((*word).to_owned());
                break;
            }
        }
        let chosen = match chosen {
            Some(word) => word,
            None => match compiled.solver.field(field, fields.of(variable))? {
                Some(sample) => sample.text,
                None => return Ok(None),
            },
        };
        text.push(':');
        text.push_str(&chosen);
    }
    Ok(Some(text))
}

fn context(compiled: &mut Compiled, cube: &Cube) -> Result<Option<Context>, Stop> {
    let mut context = Context::default();
    let keys = cube.variables().filter_map(|variable| match variable {
        Variable::Key(key) => Some(key),
        _ => None,
    });
    for key in keys {
        match compiled.solver.key(key, cube.of(Variable::Key(key)))? {
            None => return Ok(None),
            Some(KeyValue::Absent) => {}
            Some(KeyValue::Present(samples)) => {
                let name = compiled.solver.keys.get(key).map_or("", |key| &key.name);
                let values = samples.into_iter().map(|sample| sample.text);
                // Keys are folded: no two of them differ by case alone.
                let _ = context.insert(name, values);
            }
        }
    }
    Ok(Some(context))
}

fn principal(compiled: &Compiled, cube: &Cube) -> String {
    let literals = cube.of(Variable::Principal);
    let caller = compiled.solver.callers(literals).next();
    let named = caller.and_then(|at| compiled.callers.get(at));
    named.map_or_else(
        || "arn:aws:iam::111111111111:role/some-role-0".to_owned(),
        |caller| caller.text(),
    )
}
