//! Resource patterns over well-formed ARNs: unions of products of field
//! patterns (`comparison.md` 3).

use super::glob::{Glob, Token};
use crate::policy::{Pattern, PolicyType, ResourceKind, ResourcePattern, Token as Written};
use crate::semantics::{IncompleteArn, ResourceColons};

/// The fields behind the word `arn`.
pub(super) const FIELDS: usize = 5;

/// One way in which a pattern's colons lie on those of a request's ARN:
/// partition, service, region, account and the rest. `None` matches all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Product {
    pub(super) fields: [Option<Glob>; FIELDS],
}

/// What the entries of a `Resource` element match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Resources {
    /// Whether the request resource `*` is among it (R46).
    pub(super) star: bool,
    /// The ARNs among it.
    pub(super) products: Vec<Product>,
}

/// What one entry comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It matches these.
    Matches(Resources),
    /// It makes its statement match nothing (R58).
    Invalid,
    /// Its wildcards can be laid on an ARN's colons in too many ways.
    TooMany,
}

/// How entries are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) policy_type: PolicyType,
    pub(super) colons: ResourceColons,
    pub(super) incomplete: IncompleteArn,
    /// Whether the first five fields compare without case (R55).
    pub(super) fold: bool,
}

/// More ways than any sensible pattern has.
const MOST: usize = 400;

/// A token and whether it may read one of an ARN's five structural colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flagged {
    token: Token,
    crosses: bool,
}

impl Reading {
    /// Reads an entry. `last` is the sixth field with its variables dealt
    /// with, `None` where one of them has no value: then nothing matches.
    pub(super) fn entry(self, pattern: &ResourcePattern, tokens: &Tokens) -> Entry {
        let nothing = || Entry::Matches(Resources::default());
        match &pattern.kind {
            ResourceKind::Any => Entry::Matches(Resources::everything()),
            ResourceKind::Malformed(text) => {
                if self.colons != ResourceColons::Glob {
                    return nothing();
                }
                match tokens(text) {
                    Some(text) => self.split_all(vec![flagged(&text, true)]),
                    None => nothing(),
                }
            }
            ResourceKind::Arn(fields) => {
                let Some(fields) = fields.iter().map(tokens).collect::<Option<Vec<_>>>() else {
                    return nothing();
                };
                self.arn(&fields)
            }
        }
    }

    fn arn(self, fields: &[Vec<Token>]) -> Entry {
        // A colon inside one of the first five fields (of what looks like a
        // variable) is none of an ARN's: no field holds one.
        let whole = self.colons == ResourceColons::Glob
            || self.colons == ResourceColons::Segmented && fields.len() < 6;
        let head = fields.iter().take(5);
        if !whole && head.flatten().any(|token| *token == Token::Char(':')) {
            return Entry::Matches(Resources::default());
        }
        let mut ways = vec![self.laid_out(fields)];
        if fields.len() < 6 {
            match self.completion(fields) {
                Completion::Completed => {
                    let mut full = fields.to_vec();
                    full.resize(6, vec![Token::Any { bound: false }]);
                    ways.push(self.laid_out(&full));
                }
                Completion::Nothing => return Entry::Matches(Resources::default()),
                Completion::Invalid => return Entry::Invalid,
            }
        }
        self.split_all(ways)
    }

    /// The whole pattern with what each wildcard may cross (R56).
    fn laid_out(self, fields: &[Vec<Token>]) -> Vec<Flagged> {
        let complete = fields.len() == 6;
        let colon = Flagged {
            token: Token::Char(':'),
            crosses: false,
        };
        let length = fields.iter().map(|field| field.len() + 1).sum();
        let mut all = Vec::with_capacity(length);
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                all.push(colon);
            }
            let last = field.len().saturating_sub(1);
            all.extend(field.iter().enumerate().map(|(at, &token)| {
                let crosses = match self.colons {
                    ResourceColons::Glob => true,
                    ResourceColons::Segmented => !complete || i == 5,
                    ResourceColons::Documented => i == 5 || at == last && token.is_run(),
                };
                Flagged { token, crosses }
            }));
        }
        all
    }

    fn split_all(self, ways: Vec<Vec<Flagged>>) -> Entry {
        let mut products: Vec<Product> = Vec::new();
        for way in ways {
            let mut fields = Vec::new();
            if self.split(&way, &mut fields, &mut products).is_err() {
                return Entry::TooMany;
            }
        }
        let star = false;
        Entry::Matches(Resources { star, products }.tidied())
    }

    /// Lays the tokens on the colons of an ARN: each of the first five is read
    /// by a literal colon or by a wildcard that may cross.
    fn split<'t>(
        self,
        tokens: &'t [Flagged],
        fields: &mut Vec<&'t [Flagged]>,
        products: &mut Vec<Product>,
    ) -> Result<(), TooMany> {
        if fields.len() == FIELDS {
            products.extend(self.product(fields, tokens));
            return if products.len() > MOST {
                Err(TooMany)
            } else {
                Ok(())
            };
        }
        for (at, flagged) in tokens.iter().enumerate() {
            let (before, behind) = tokens.split_at(at);
            let here = behind.get(1..).unwrap_or_default();
            let is_colon = flagged.token == Token::Char(':');
            let (field, rest) = match flagged.token {
                Token::Char(':') => (before, here),
                token if !flagged.crosses => {
                    debug_assert!(token != Token::Char(':'));
                    continue;
                }
                // The run goes on behind the colon that it reads.
                token if token.is_run() => (tokens.get(..=at).unwrap_or_default(), behind),
                Token::One { .. } => (before, here),
                _ => continue,
            };
            // The word `arn` comes first.
            let is_lost = fields.is_empty() && !self.field(field).is_some_and(|f| f.matches("arn"));
            if !is_lost {
                fields.push(field);
                let done = self.split(rest, fields, products);
                fields.pop();
                done?;
            }
            // What stands behind a literal colon cannot come before it.
            if is_colon {
                break;
            }
        }
        Ok(())
    }

    fn product(self, fields: &[&[Flagged]], rest: &[Flagged]) -> Option<Product> {
        let (_, fields) = fields.split_first()?;
        let rest = Glob::new(rest.iter().map(|flagged| match flagged.token {
            Token::Any { .. } => Token::Any {
                bound: !flagged.crosses,
            },
            Token::One { .. } => Token::One {
                bound: !flagged.crosses,
            },
            token => token,
        }));
        let mut all: [Option<Glob>; FIELDS] = [const { None }; FIELDS];
        let texts = fields
            .iter()
            .map(|field| self.field(field))
            .collect::<Option<Vec<_>>>()?;
        for (slot, glob) in all.iter_mut().zip(texts.into_iter().chain([rest])) {
            *slot = Some(glob).filter(|glob| !glob.is_any());
        }
        Some(Product { fields: all })
    }

    /// One of the first five fields, which holds no colon. `None` where no
    /// request's field can match: requests are asked in lower case.
    fn field(self, tokens: &[Flagged]) -> Option<Glob> {
        let folded = tokens.iter().map(|flagged| match flagged.token {
            Token::Char(c) if self.fold => Token::Char(c.to_ascii_lowercase()),
            // A field's text has no colon, so that bound and free are one.
            Token::Any { .. } => Token::Any { bound: false },
            Token::One { .. } => Token::One { bound: false },
            token => token,
        });
        let glob = Glob::new(folded);
        (!glob.tokens.contains(&Token::Char(':'))).then_some(glob)
    }

    /// R58: whether a pattern with fewer than six fields is completed.
    fn completion(self, fields: &[Vec<Token>]) -> Completion {
        match self.incomplete {
            IncompleteArn::Complete => return Completion::Completed,
            IncompleteArn::Never => return Completion::Nothing,
            IncompleteArn::ByType => {}
        }
        let has_star = fields.iter().flatten().any(|token| token.is_run());
        let ends_in_star = fields
            .last()
            .and_then(|field| field.last())
            .is_some_and(|token| token.is_run());
        match self.policy_type {
            PolicyType::Identity | PolicyType::Boundary | PolicyType::Session => {
                Completion::Completed
            }
            PolicyType::Resource | PolicyType::Trust | PolicyType::VpcEndpoint => {
                if has_star {
                    Completion::Completed
                } else {
                    Completion::Nothing
                }
            }
            PolicyType::Scp if ends_in_star => Completion::Completed,
            PolicyType::Scp | PolicyType::Rcp => Completion::Invalid,
        }
    }
}

struct TooMany;

enum Completion {
    Completed,
    Nothing,
    Invalid,
}

/// How the tokens of a written pattern are made; `None` where a variable in
/// it has no value.
pub(super) type Tokens<'a> = dyn Fn(&Pattern) -> Option<Vec<Token>> + 'a;

/// The tokens of a pattern, each variable as `value` says.
pub(super) fn tokens_of(
    pattern: &Pattern,
    mut value: impl FnMut(&str, Option<&str>) -> Option<Vec<Token>>,
) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for token in &pattern.tokens {
        match token {
            Written::Literal(text) => tokens.extend(text.chars().map(Token::Char)),
            Written::Any => tokens.push(Token::Any { bound: false }),
            Written::One => tokens.push(Token::One { bound: false }),
            Written::Variable { key, default } => tokens.extend(value(key, default.as_deref())?),
        }
    }
    Some(tokens)
}

fn flagged(tokens: &[Token], crosses: bool) -> Vec<Flagged> {
    let flag = |&token| Flagged { token, crosses };
    tokens.iter().map(flag).collect()
}

impl Resources {
    /// What `*` matches.
    pub(super) fn everything() -> Self {
        let fields = [const { None }; FIELDS];
        let products = vec![Product { fields }];
        Self {
            star: true,
            products,
        }
    }

    pub(super) fn is_everything(&self) -> bool {
        self.star && self.products.iter().any(Product::is_full)
    }

    pub(super) fn is_nothing(&self) -> bool {
        !self.star && self.products.is_empty()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.star |= other.star;
        self.products.extend(other.products);
    }

    /// Without the products that another one contains. Many are left alone.
    pub(super) fn tidied(mut self) -> Self {
        const FEW: usize = 64;
        self.products.sort();
        self.products.dedup();
        if self.products.iter().any(Product::is_full) {
            let fields = [const { None }; FIELDS];
            self.products = vec![Product { fields }];
        } else if self.products.len() <= FEW {
            let all = std::mem::take(&mut self.products);
            // One without wildcards contains no other.
            let open = all.iter().enumerate().filter(|(_, one)| !one.is_one());
            let open: Vec<(usize, &Product)> = open.collect();
            for (i, product) in all.iter().enumerate() {
                let inside = |&(j, other): &(usize, &Product)| {
                    i != j && other.contains(product) && !(product.contains(other) && i < j)
                };
                if !open.iter().any(inside) {
                    self.products.push(product.clone());
                }
            }
        }
        self
    }
}

impl Product {
    pub(super) fn is_full(&self) -> bool {
        self.fields.iter().all(Option::is_none)
    }

    /// Whether it matches one ARN alone.
    fn is_one(&self) -> bool {
        let mut fields = self.fields.iter();
        fields.all(|field| field.as_ref().is_some_and(Glob::is_literal))
    }

    fn contains(&self, other: &Self) -> bool {
        // Products differ most in the last fields.
        let mut pairs = self.fields.iter().zip(&other.fields).rev();
        pairs.all(|pair| match pair {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wide), Some(narrow)) => wide.covers(narrow),
        })
    }

    #[cfg(test)]
    fn matches(&self, arn: &str) -> bool {
        let mut texts = arn.splitn(6, ':').skip(1);
        self.fields.iter().all(|field| {
            let text = texts.next().unwrap();
            field.as_ref().is_none_or(|glob| glob.matches(text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Version;
    use crate::semantics::evaluate::matching;
    use crate::semantics::{Context, Settings};
    use proptest::prelude::*;

    fn read(text: &str, policy_type: PolicyType, colons: ResourceColons) -> Entry {
        let reading = Reading {
            policy_type,
            colons,
            incomplete: IncompleteArn::ByType,
            fold: true,
        };
        let tokens = |pattern: &Pattern| tokens_of(pattern, |_, _| None);
        reading.entry(&ResourcePattern::parse(text, Version::V2008), &tokens)
    }

    fn products(text: &str) -> usize {
        match read(text, PolicyType::Identity, ResourceColons::Documented) {
            Entry::Matches(found) => found.products.len(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn most_patterns_are_one_product() {
        assert_eq!(products("*"), 1);
        assert_eq!(products("arn:aws:s3:::b/*"), 1);
        assert_eq!(products("arn:aws:sqs:eu-west-1:1:q"), 1);
        assert_eq!(products("arn:aws:logs:*:1:*"), 3);
        assert_eq!(
            products("arn:aws:logs:*:*:x"),
            2,
            "by account, by region within it"
        );
        assert_eq!(products("arn:aws:s3*"), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        /// The products are the simulator's R56, for all three readings.
        #[test]
        fn r56_products_are_what_the_simulator_matches(
            pattern in prop::collection::vec("[aB*?]{0,3}", 1..8),
            text in prop::collection::vec("[abB]{0,3}", 5..9),
            type_at in 0..PolicyType::ALL.len(),
        ) {
            let pattern = format!("arn:{}", pattern.join(":"));
            let mut text = text;
            for field in text.iter_mut().take(4) {
                field.make_ascii_lowercase();
            }
            let arn = format!("arn:{}", text.join(":"));
            let policy_type = PolicyType::ALL[type_at];
            for colons in [
                ResourceColons::Documented,
                ResourceColons::Segmented,
                ResourceColons::Glob,
            ] {
                let settings = Settings { resource_colons: colons, ..Settings::default() };
                let expected = matching::resource_matches(
                    &ResourcePattern::parse(&pattern, Version::V2008),
                    &arn,
                    &Context::default(),
                    policy_type,
                    &settings,
                );
                let found = match read(&pattern, policy_type, colons) {
                    Entry::Matches(resources) => {
                        Some(resources.products.iter().any(|product| product.matches(&arn)))
                    }
                    Entry::Invalid => None,
                    Entry::TooMany => continue,
                };
                prop_assert_eq!(found, expected, "{} {} {:?}", pattern, arn, colons);
            }
        }
    }
}
