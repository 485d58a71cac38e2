"""The comparison of two identity policies put to z3, beside leastwise's answers.

    z3_compare.py select MANAGED.jsonl        writes the pairs to compare
    z3_compare.py compare PAIRS ANSWERS       asks z3, prints verdicts and times

A policy becomes a formula over a request: the action as service and name, the
resource as the five fields of a well-formed ARN behind `arn` (or the request
resource `*`), and each condition key as a presence bit and a value. Whether
one side allows what the other does not is then one satisfiability question a
direction. Not put to z3, and so not selected: policies with policy variables
(text that is chosen by the request), and what AWS gives no meaning.
"""

import argparse
import ipaddress
import json
import multiprocessing
import random
import re
import sys
import time
from datetime import datetime, timezone
from fractions import Fraction

import z3

TIMEOUT = 15.0
PARTITIONS = ["aws"]


class Unsupported(Exception):
    """z3 is not asked about this."""


def as_list(value):
    return value if isinstance(value, list) else [value]


# --- Regular expressions -------------------------------------------------

STRINGS = z3.ReSort(z3.StringSort())
ANY = z3.Full(STRINGS)
ONE = z3.AllChar(STRINGS)


def text(value):
    """A literal; z3 reads `\\u{…}` in strings, so nothing with a backslash."""
    if not value.isascii() or "\\" in value:
        raise Unsupported("text beyond plain ASCII")
    return z3.StringVal(value)


NO_COLON = z3.Union(
    z3.Range(z3.StringVal("\\u{0}"), text("9")),
    z3.Range(text(";"), z3.StringVal("\\u{2ffff}")),
)
WORD = z3.Union(z3.Range("a", "z"), z3.Range("0", "9"), z3.Re(text("-")))
NO_ACCOUNT = z3.Union(z3.Range("a", "z"), z3.Re(text("-")), z3.Re(text("*")))


def one_of(parts):
    return parts[0] if len(parts) == 1 else z3.Union(*parts)


def in_a_row(parts):
    if not parts:
        return z3.Re(text(""))
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def runs(tokens):
    """Neighbouring literal characters joined."""
    joined = []
    for token in tokens:
        if len(token) == 1 and joined and joined[-1][0] == "text":
            joined[-1] = ("text", joined[-1][1] + token)
        elif len(token) == 1:
            joined.append(("text", token))
        else:
            joined.append((token, None))
    return joined


# Tokens: a character stands for itself; `any` and `one` are the wildcards,
# `any-bound` and `one-bound` those that stop at a colon.
REGEX = {
    "any": ANY,
    "one": ONE,
    "any-bound": z3.Star(NO_COLON),
    "one-bound": NO_COLON,
}


def pattern(tokens):
    parts = [z3.Re(text(run)) if kind == "text" else REGEX[kind] for kind, run in runs(tokens)]
    return in_a_row(parts)


def matches(variable, *all_tokens):
    """That the text of a variable is matched by one of these. Equalities for
    texts and one regular expression for the rest: z3 decides more that way than
    with regular expressions alone."""
    if ["any"] in all_tokens:
        return z3.BoolVal(True)
    parts, patterns = [], []
    for tokens in all_tokens:
        if all(len(token) == 1 for token in tokens):
            parts.append(variable == text("".join(tokens)))
        else:
            patterns.append(pattern(tokens))
    if patterns:
        parts.append(z3.InRe(variable, one_of(patterns)))
    return any_of(parts)


def glob(value, bound=False):
    kinds = {"*": "any-bound" if bound else "any", "?": "one-bound" if bound else "one"}
    return [kinds.get(c, c) for c in value]


def folded(variable, value):
    """Equality that takes ASCII letters of either case for one."""
    text(value)
    if value.lower() == value.upper():
        return variable == text(value)
    parts = [
        z3.Union(z3.Re(text(c.lower())), z3.Re(text(c.upper()))) if c.isalpha() else z3.Re(text(c))
        for c in value
    ]
    return z3.InRe(variable, in_a_row(parts))


def any_of(formulas):
    formulas = list(formulas)
    return z3.BoolVal(False) if not formulas else z3.Or(*formulas)


# --- Actions and resources -----------------------------------------------

FIELDS = ("partition", "service", "region", "account", "rest")


def alignments(tokens, colons):
    """Lays tokens on the structural colons of an ARN: each colon is read by a
    literal one or swallowed by a `*` that ends its field of the pattern."""
    if colons == 0:
        yield [tokens]
        return
    for at, token in enumerate(tokens):
        if token == ":":
            for behind in alignments(tokens[at + 1 :], colons - 1):
                yield [tokens[:at], *behind]
            return
        if token == "any":
            for behind in alignments(tokens[at:], colons - 1):
                yield [tokens[: at + 1], *behind]


def layouts(pattern):
    """The ways in which a Resource entry lies on `arn:P:S:R:A:T`, as five token
    lists each. A short entry stands as written and as completed."""
    if "${" in pattern:
        raise Unsupported("policy variable")
    if not pattern.startswith("arn:"):
        raise Unsupported("resource that is no ARN")
    fields = pattern.split(":", 5)
    if any(field != field.lower() for field in fields[:5]):
        raise Unsupported("upper case in the head of an ARN")
    ways = [fields] if len(fields) == 6 else [fields, fields + ["*"] * (6 - len(fields))]
    for way in ways:
        tokens = []
        for at, field in enumerate(way):
            tokens += [":"] if at else []
            head = at < 5
            field = glob(field, bound=head)
            # What ends one of the first five may go on behind the colon.
            if head and field and field[-1] == "any-bound":
                field[-1] = "any"
            tokens += field
        for arn, *found in alignments(tokens, 5):
            if "".join(arn) == "arn":
                # Within a field there is no colon to stop at.
                yield [[t.removesuffix("-bound") for t in field] for field in found[:4]] + found[4:]


class Request:
    """The unknowns of a comparison, and what holds of every request."""

    def __init__(self, documents):
        # A service is compared as a whole, so that a number does; none of the
        # numbers given is the service that no policy names.
        self.service, self.name = z3.Int("action-service"), z3.String("action-name")
        self.services = {}
        self.star = z3.Bool("resource-is-star")
        self.fields = [z3.String(f"arn-{field}") for field in FIELDS]
        self.always = [self.name != text("")]
        self.admit(documents)
        self.keys = keys_of(documents)
        self.always += [formula for key in self.keys.values() for formula in key.always]

    def admit(self, documents):
        """The universe of the ARN's fields: their alphabets, and the literal
        words that some pattern has there."""
        admitted = [set(PARTITIONS), set(), set(), set()]
        for statement in (s for document in documents for s in statements(document)):
            for entry in as_list(statement.get("Resource", statement.get("NotResource", []))):
                if entry == "*":
                    continue
                for fields in layouts(entry):
                    for words, field in zip(admitted, fields):
                        if all(len(token) == 1 for token in field):
                            words.add("".join(field))
        digits = z3.Loop(z3.Range("0", "9"), 12, 12)
        shapes = [[], [z3.Plus(WORD)], [z3.Star(WORD)], [digits, z3.Star(NO_ACCOUNT)]]
        for field, shape, words in zip(self.fields, shapes, admitted):
            words = [z3.Re(text(word)) for word in sorted(words)]
            self.always.append(z3.InRe(field, one_of(shape + words)))

    def action(self, statement):
        name = "NotAction" if "NotAction" in statement else "Action"
        by_service = {}
        formulas = []
        for entry in as_list(statement[name]):
            if entry == "*":
                formulas.append(z3.BoolVal(True))
                continue
            service, colon, action = entry.lower().partition(":")
            if not colon or re.search(r"[*?]", service) or not re.fullmatch(r"[\w*?-]+", action):
                raise Unsupported(f"action {entry}")
            by_service.setdefault(service, []).append(action)
        for service, actions in by_service.items():
            number = self.services.setdefault(service, len(self.services))
            if "*" in actions:
                formulas.append(self.service == number)
            else:
                named = matches(self.name, *(glob(action) for action in actions))
                formulas.append(z3.And(self.service == number, named))
        listed = any_of(formulas)
        return z3.Not(listed) if name == "NotAction" else listed

    def resource(self, statement):
        name = "NotResource" if "NotResource" in statement else "Resource"
        formulas = []
        for entry in as_list(statement[name]):
            if entry == "*":
                formulas.append(z3.BoolVal(True))
                continue
            ways = []
            for fields in layouts(entry):
                pairs = zip(self.fields, fields)
                ways.append(z3.And(*(matches(field, tokens) for field, tokens in pairs)))
            # The request resource `*` is matched by a literal `*` only.
            formulas.append(z3.And(z3.Not(self.star), any_of(ways)))
        listed = any_of(formulas)
        return z3.Not(listed) if name == "NotResource" else listed

    def matched(self, document, statement):
        known = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
        if set(statement) - known:
            raise Unsupported("element")
        formulas = [self.action(statement), self.resource(statement)]
        for operator, tests in statement.get("Condition", {}).items():
            for name, values in tests.items():
                values = [scalar(value) for value in as_list(values)]
                if any("${" in value for value in values):
                    raise Unsupported("policy variable")
                formulas.append(self.keys[name.lower()].test(operator, values))
        return z3.And(*formulas)

    def allowed(self, document):
        by_effect = {"Allow": [], "Deny": []}
        for statement in statements(document):
            by_effect[statement["Effect"]].append(self.matched(document, statement))
        return z3.And(any_of(by_effect["Allow"]), z3.Not(any_of(by_effect["Deny"])))


def statements(document):
    return as_list(document["Statement"])


def scalar(value):
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value


# --- Condition keys ------------------------------------------------------


def operator_parts(operator):
    """`ForAllValues:StringLikeIfExists` as its three parts."""
    qualifier, _, base = operator.rpartition(":")
    if_exists = base.endswith("IfExists")
    return qualifier, base.removesuffix("IfExists"), if_exists


FAMILIES = {"String": "text", "Arn": "text", "Bool": "bool", "Numeric": "number"}
FAMILIES |= {"Date": "date", "IpAddress": "address", "NotIpAddress": "address"}


def family(base):
    found = [kind for prefix, kind in FAMILIES.items() if base.startswith(prefix)]
    if not found:
        raise Unsupported(f"operator {base}")
    return found[0]


def keys_of(documents):
    uses = {}
    for statement in (s for document in documents for s in statements(document)):
        for operator, tests in statement.get("Condition", {}).items():
            for name in tests:
                uses.setdefault(name.lower(), []).append(operator_parts(operator))
    return {name: Key(name, used) for name, used in uses.items()}


class Key:
    """A condition key: present or not, and its values. A key that is only ever
    asked with a set operator has as many slots for values as there are
    questions, and one more: each question needs one value at most."""

    def __init__(self, name, uses):
        asked = [(qualifier, base) for qualifier, base, _ in uses if base != "Null"]
        kinds = {family(base) for _, base in asked} or {"text"}
        if kinds == {"text", "bool"}:
            kinds = {"text"}
        if len(kinds) != 1:
            raise Unsupported("mixed families")
        (self.kind,) = kinds
        qualified = {bool(qualifier) for qualifier, _ in asked}
        if qualified == {True, False}:
            raise Unsupported("set and plain operators on one key")
        self.multi = qualified == {True}
        slots = len(asked) + 1 if self.multi else 1
        if slots > 16:
            raise Unsupported("too many set operators on one key")
        self.slots = []
        self.always = []
        for slot in range(slots):
            filled = z3.Bool(f"{name}-{slot}-there")
            value, always = self.variable(f"{name}-{slot}")
            self.slots.append((filled, value))
            self.always += always
        self.present = z3.Or(*(filled for filled, _ in self.slots))

    def variable(self, name):
        if self.kind == "text":
            return z3.String(name), []
        if self.kind == "bool":
            return z3.Bool(name), []
        if self.kind == "address":
            v6, number = z3.Bool(f"{name}-v6"), z3.Int(name)
            most = z3.If(v6, z3.IntVal(2**128 - 1), z3.IntVal(2**32 - 1))
            return (v6, number), [number >= 0, number <= most]
        return z3.Real(name), []

    def test(self, operator, values):
        qualifier, base, if_exists = operator_parts(operator)
        if base == "Null":
            says = {value.lower() for value in values}
            return z3.Or(
                z3.And("true" in says, z3.Not(self.present)),
                z3.And("false" in says, self.present),
            )
        negated = "Not" in base
        positive = base.replace("Not", "")

        def passes(value):
            listed = any_of(self.equal(positive, value, policy_value) for policy_value in values)
            return z3.Not(listed) if negated else listed

        if qualifier == "ForAllValues":
            # Of an absent key every value passes.
            return z3.And(*(z3.Implies(filled, passes(value)) for filled, value in self.slots))
        if qualifier == "ForAnyValue":
            some = any_of(z3.And(filled, passes(value)) for filled, value in self.slots)
            return z3.Or(z3.Not(self.present), some) if if_exists else some
        ((filled, value),) = self.slots
        if if_exists or negated:
            return z3.Implies(filled, passes(value))
        return z3.And(filled, passes(value))

    def equal(self, base, value, written):
        """That a request value is matched by one value of the policy."""
        if self.kind == "bool":
            says = {"true": value, "false": z3.Not(value)}
            return says.get(written.lower(), z3.BoolVal(False))
        if self.kind == "text":
            return self.equal_text(base, value, written)
        if self.kind == "address":
            v6, number = value
            network = ipaddress.ip_network(written, strict=False)
            low, high = int(network.network_address), int(network.broadcast_address)
            return z3.And(v6 == (network.version == 6), number >= low, number <= high)
        bound = self.bound(written)
        order = re.sub("^(Numeric|Date)", "", base)
        return {
            "Equals": value == bound,
            "LessThan": value < bound,
            "LessThanEquals": value <= bound,
            "GreaterThan": value > bound,
            "GreaterThanEquals": value >= bound,
        }[order]

    def bound(self, written):
        if self.kind == "number":
            exact = Fraction(written)
        else:
            at = datetime.fromisoformat(written.replace("Z", "+00:00"))
            at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
            exact = Fraction(str(at.timestamp()))
        return z3.RealVal(f"{exact.numerator}/{exact.denominator}")

    def equal_text(self, base, value, written):
        if base in ("StringEquals",):
            return matches(value, list(written))
        if base in ("StringEqualsIgnoreCase", "Bool"):
            if base == "Bool" and written.lower() not in ("true", "false"):
                return z3.BoolVal(False)
            return folded(value, written)
        if base == "StringLike":
            return matches(value, glob(written))
        # ArnEquals and ArnLike: six fields, matched one by one.
        if written == "*":
            written = "arn:*:*:*:*:*"
        fields = written.split(":", 5)
        if len(fields) < 6:
            return z3.BoolVal(False)
        if fields[0] != "arn":
            raise Unsupported("value that is no ARN")
        tokens = []
        for at, field in enumerate(fields):
            tokens += ([":"] if at else []) + glob(field, bound=at < 5)
        return matches(value, tokens)


# --- Asking z3 -----------------------------------------------------------


def ask(pair, timeout):
    """Both directions: sat, unsat or unknown; seconds of solving; the model."""
    documents = [pair["old"], pair["new"]]
    request = Request(documents)
    old, new = (request.allowed(document) for document in documents)
    answers = {}
    for direction, formula in (("gained", (new, old)), ("lost", (old, new))):
        solver = z3.Solver()
        solver.set("timeout", int(timeout * 1000))
        solver.add(*request.always, formula[0], z3.Not(formula[1]))
        start = time.perf_counter()
        try:
            verdict = str(solver.check())
        except z3.Z3Exception:
            verdict = "unknown"
        seconds = time.perf_counter() - start
        model = str(solver.model()) if verdict == "sat" else None
        answers[direction] = {"verdict": verdict, "seconds": seconds, "model": model}
    return answers


def serve(pipe, timeout):
    while (pair := pipe.recv()) is not None:
        pipe.send(ask(pair, timeout))


class Asker:
    """z3 in a process of its own: its time-out does not stop every loop."""

    def __init__(self, timeout):
        self.timeout = timeout
        self.start()

    def start(self):
        self.pipe, far = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=serve, args=(far, self.timeout), daemon=True)
        self.process.start()

    def __call__(self, pair):
        self.pipe.send(pair)
        if self.pipe.poll(2 * self.timeout + 30):
            try:
                return self.pipe.recv()
            except EOFError:
                pass
        self.process.kill()
        self.start()
        stuck = {"verdict": "unknown", "seconds": self.timeout, "model": None}
        return {"gained": stuck, "lost": stuck}


# --- The pairs -----------------------------------------------------------

ACTIONS = ["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:?etObject", "S3:PutObject", "s3:*Object"]
ACTIONS += ["logs:*", "logs:Create*", "logs:PutLogEvents", "sqs:*Message", "sqs:SendMessage"]
RESOURCES = ["*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b*", "arn:aws:s3:::*/x"]
RESOURCES += ["arn:aws:s3:::b/x?", "arn:*:s3:::b/*", "arn:aws:s3:::*", "arn:aws:s3*"]
RESOURCES += ["arn:aws:logs:*:*:log-group:g:*", "arn:aws:logs:*:*:log-stream:x"]
RESOURCES += ["arn:aws:logs:*:111111111111:*", "arn:aws:logs:eu-*:*:*:x", "arn:aws:logs:*:*"]
RESOURCES += ["arn:aws:logs:eu-west-1:111111111111:log-group:g:log-stream:?"]
RESOURCES += ["arn:aws:sqs:*:queue", "arn:aws:sqs:us-*1:q", "arn:aws:sqs", "arn:aws:*:*:*:q*"]
RESOURCES += ["arn:aws:sqs:us-east-1:111*:q", "arn:aws:sqs:us-?ast-1:ACCOUNT:q".lower()]
CONDITIONS = {
    "aws:username": (
        ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]
        + ["StringEqualsIgnoreCase", "StringEqualsIfExists", "StringNotLikeIfExists", "Null"],
        ["a", "b", "A", "ab", "a*", "*b", "?", "*"],
    ),
    "aws:SourceIp": (
        ["IpAddress", "NotIpAddress", "IpAddressIfExists", "Null"],
        ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "2001:db8::/32", "::/0"],
    ),
    "aws:SecureTransport": (["Bool", "BoolIfExists", "Null"], ["true", "false"]),
    "aws:MultiFactorAuthAge": (
        ["NumericLessThan", "NumericLessThanEquals", "NumericEquals", "NumericNotEquals"]
        + ["NumericGreaterThanIfExists", "Null"],
        ["9", "10", "10.0", "11", "-1"],
    ),
    "aws:CurrentTime": (
        ["DateLessThan", "DateGreaterThanEquals", "DateEquals", "DateNotEquals"],
        ["2020-01-01T00:00:00Z", "2020-01-01T02:00:00+02:00", "2021-06-01"],
    ),
    "aws:TagKeys": (
        ["ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAllValues:StringLike"]
        + ["ForAnyValue:StringNotEquals", "ForAllValues:StringNotLike", "Null"]
        + ["ForAnyValue:StringLikeIfExists"],
        ["a", "b", "a*", "*"],
    ),
    "aws:SourceArn": (
        ["ArnLike", "ArnNotLike", "ArnEqualsIfExists"],
        ["arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:sns:*:*:t", "arn:*:sns:eu-*:*:t?", "*"],
    ),
}


class Generator:
    """Small policies and their changes; the same for the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def some(self, values, most):
        return self.random.sample(values, self.random.randint(1, min(most, len(values))))

    def condition(self):
        name = self.random.choice(sorted(CONDITIONS))
        operators, values = CONDITIONS[name]
        operator = self.random.choice(operators)
        if operator == "Null":
            values = ["true", "false"]
        return operator, name, self.some(values, 1 if operator == "Null" else 2)

    def statement(self):
        chance = self.random.random
        effect = "Allow" if chance() < 0.65 else "Deny"
        action = "NotAction" if chance() < 0.15 else "Action"
        resource = "NotResource" if chance() < 0.15 else "Resource"
        statement = {
            "Effect": effect,
            action: self.some(ACTIONS, 3),
            resource: self.some(RESOURCES, 3),
        }
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            self.add_condition(statement)
        return statement

    def add_condition(self, statement):
        operator, name, values = self.condition()
        statement.setdefault("Condition", {}).setdefault(operator, {})[name] = values

    def change(self, before):
        """A copy with one change: often of meaning, sometimes of words only."""
        after = json.loads(json.dumps(before))
        statement = self.random.choice(after)
        at = after.index(statement)
        element = self.random.choice([e for e in statement if e.endswith(("Action", "Resource"))])
        kind = self.random.randrange(9)
        if kind == 0:
            after.append(self.statement())
        elif kind == 1 and len(after) > 1:
            after.remove(statement)
        elif kind == 2:
            self.add_condition(statement)
        elif kind == 3:
            statement.pop("Condition", None)
        elif kind == 4:
            statement[element].append(
                self.random.choice(ACTIONS if element.endswith("Action") else RESOURCES)
            )
        elif kind == 5 and len(statement[element]) > 1:
            statement[element].pop()
        elif kind == 6:
            # The same in other words: one statement a value, or one more time.
            entries = statement[element]
            if element in ("Action", "Resource") and len(entries) > 1:
                after[at : at + 1] = [{**statement, element: [entry]} for entry in entries]
            else:
                after.append(statement)
        elif kind == 7:
            self.random.shuffle(after)
        else:
            statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"
        return after

    def pair(self, number):
        old = [self.statement() for _ in range(self.random.randint(1, 4))]
        new = self.change(old)
        if self.random.random() < 0.4:
            new = self.change(new)
        if self.random.random() < 0.5:
            old, new = new, old
        version = "2012-10-17"
        return {
            "id": f"generated {number}",
            "policyType": "identity",
            "old": {"Version": version, "Statement": old},
            "new": {"Version": version, "Statement": new},
        }


def encodes(pair):
    try:
        documents = [pair["old"], pair["new"]]
        request = Request(documents)
        for document in documents:
            request.allowed(document)
    except (Unsupported, ValueError, KeyError):
        return False
    return True


def select(arguments):
    pairs = []
    with open(arguments.managed) as lines:
        managed = list(lines)
    random.Random(arguments.seed).shuffle(managed)
    for line in managed:
        if len(pairs) == arguments.managed_pairs:
            break
        pair = json.loads(line)
        if encodes(pair):
            pairs.append(pair)
    generator = Generator(arguments.seed)
    number = 0
    while len(pairs) < arguments.managed_pairs + arguments.generated:
        number += 1
        pair = generator.pair(number)
        if encodes(pair):
            pairs.append(pair)
    for pair in pairs:
        print(json.dumps(pair))


# --- The report ----------------------------------------------------------


def ours(answer):
    """What leastwise says of a direction: True, False or None for unknown."""
    relation = answer["relation"]
    if relation == "unknown":
        return {
            "gained": True if "witness_new" in answer else None,
            "lost": True if "witness_lost" in answer else None,
        }
    return {
        "gained": relation in ("wider", "incomparable"),
        "lost": relation in ("narrower", "incomparable"),
    }


def quantile(values, share):
    values = sorted(values)
    return values[round((len(values) - 1) * share)]


def compare(arguments):
    with open(arguments.pairs) as lines:
        pairs = [json.loads(line) for line in lines]
    with open(arguments.answers) as lines:
        answers = [json.loads(line) for line in lines]
    assert [pair["id"] for pair in pairs] == [answer["id"] for answer in answers]
    asker = Asker(arguments.timeout)
    equal = undecided = 0
    timed_out, disagreements, both = [], [], []
    for pair, answer in zip(pairs, answers):
        theirs = asker(pair)
        if "error" in answer:
            disagreements.append((pair, answer, theirs))
            continue
        mine = ours(answer)
        decided = True
        for direction, asked in theirs.items():
            verdict = {"sat": True, "unsat": False}.get(asked["verdict"])
            if verdict is None:
                timed_out.append(f"{pair['id']}, {direction}")
                decided = False
            elif mine[direction] is None:
                undecided += 1
            elif mine[direction] == verdict:
                equal += 1
            else:
                disagreements.append((pair, answer, theirs))
        if decided:
            theirs_ms = sum(asked["seconds"] for asked in theirs.values()) * 1e3
            both.append((theirs_ms, answer["micros"] / 1e3))
    for pair, answer, theirs in disagreements:
        print("DISAGREEMENT", pair["id"])
        print("  old", json.dumps(pair["old"]))
        print("  new", json.dumps(pair["new"]))
        print("  leastwise", json.dumps(answer))
        print("  z3", json.dumps(theirs))
    version = z3.get_version_string()
    print(f"{len(pairs)} pairs, {2 * len(pairs)} directions, z3 {version}")
    print(f"{'equal verdicts':<28} {equal:>9}")
    print(f"{'different verdicts':<28} {len(disagreements):>9}")
    print(f"{'leastwise undecided':<28} {undecided:>9}")
    print(f"{f'z3 beyond {arguments.timeout:.0f} s':<28} {len(timed_out):>9}")
    for which in timed_out:
        print(f"  {which}")
    print(f"ms a pair, both directions, {len(both)} pairs that z3 decides")
    print(f"{'':<12} {'z3':>9} {'leastwise':>9} {'ratio':>7}")
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
        a, b = (quantile([pair[side] for pair in both], share) for side in (0, 1))
        print(f"{name:<12} {a:>9.2f} {b:>9.2f} {a / b:>7.0f}")
    a, b = (sum(pair[side] for pair in both) for side in (0, 1))
    print(f"{'total':<12} {a:>9.0f} {b:>9.0f} {a / b:>7.0f}")
    ratios = [theirs / max(mine, 1e-3) for theirs, mine in both]
    print(f"ratio of one pair: median {quantile(ratios, 0.5):.0f}, p90 {quantile(ratios, 0.9):.0f}")
    return 1 if disagreements else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    selecting = commands.add_parser("select")
    selecting.add_argument("managed")
    selecting.add_argument("--managed-pairs", type=int, default=120)
    selecting.add_argument("--generated", type=int, default=80)
    selecting.add_argument("--seed", type=int, default=20261124)
    selecting.set_defaults(run=select)
    comparing = commands.add_parser("compare")
    comparing.add_argument("pairs")
    comparing.add_argument("answers")
    comparing.add_argument("--timeout", type=float, default=TIMEOUT)
    comparing.set_defaults(run=compare)
    for each in (selecting, comparing):
        each.add_argument("--partitions", help="the catalog's partitions.json")
    arguments = parser.parse_args()
    if arguments.partitions:
        with open(arguments.partitions) as file:
            PARTITIONS[:] = sorted(json.load(file))
    return arguments.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
