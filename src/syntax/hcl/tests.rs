use super::*;

/// An expression in a short notation that shows its shape.
fn show(expr: &Expr) -> String {
    match &expr.kind {
        Kind::Null => "null".into(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(value) => value.to_string(),
        Kind::String(text) => format!("{text:?}"),
        Kind::Template(parts) => format!("t[{}]", show_parts(parts)),
        Kind::List(list) => format!("[{}]", list.iter().map(show).collect::<Vec<_>>().join(",")),
        Kind::Object(members) => {
            let members = members
                .iter()
                .map(|(k, v)| format!("{}={}", show(k), show(v)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Kind::Variable(name) => name.clone(),
        Kind::Traversal(of, steps) => {
            let steps = steps.iter().map(|step| match step {
                Step::Name(name) => format!(".{name}"),
                Step::Index(index) => format!("[{}]", show(index)),
                Step::Splat => "[*]".into(),
                Step::AttributeSplat => ".*".into(),
            });
            format!("{}{}", show(of), steps.collect::<String>())
        }
        Kind::Call {
            name,
            arguments,
            expands,
        } => {
            let arguments: Vec<_> = arguments.iter().map(show).collect();
            format!(
                "{name}({}{})",
                arguments.join(","),
                if *expands { "..." } else { "" }
            )
        }
        Kind::Conditional(of) => format!("({}?{}:{})", show(&of[0]), show(&of[1]), show(&of[2])),
        Kind::Unary(sign, of) => format!("{sign:?}({})", show(of)),
        Kind::Binary(a, sign, b) => format!("{sign:?}({},{})", show(a), show(b)),
        Kind::For(each) => format!("for({},{})", show(&each.collection), show(&each.value)),
    }
}

fn show_parts(parts: &[Part]) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Text(text) => format!("{:?}", text.text()),
        Part::Interpolation(expr, _) => show(expr),
        Part::If {
            condition,
            then,
            otherwise,
            ..
        } => {
            format!(
                "if({};{};{})",
                show(condition),
                show_parts(then),
                show_parts(otherwise)
            )
        }
        Part::For {
            collection, body, ..
        } => format!("for({};{})", show(collection), show_parts(body)),
    });
    parts.collect::<Vec<_>>().join(",")
}

fn value(text: &str) -> String {
    let parsed = parse(&format!("x = {text}\n"));
    assert_eq!(parsed.diagnostics, [], "{text}");
    show(&parsed.body.attributes[0].value)
}

#[test]
fn expressions() {
    for (text, shown) in [
        ("\"a\\tb$${c}\"", r#"t["a\tb${c}"]"#),
        ("\"a-${var.x[0].y}\"", r#"t["a-",var.x[0].y]"#),
        ("a.*.b", "a.*.b"),
        ("a[*].b[\"k\"]", "a[*].b[\"k\"]"),
        ("f(1, [2, null]...)", "f(1,[2,null]...)"),
        (
            "!a && b != -1 ? {k = 1, \"l\" : 2, (m) = 3} : {}",
            "(And(Not(a),NotEqual(b,-1))?{\"k\"=1,\"l\"=2,m=3}:{})",
        ),
        ("[for k, v in m : v if k]", "for(m,v)"),
        ("provider::aws::arn_parse(x)", "provider::aws::arn_parse(x)"),
        ("<<E\n  a ${b}\nE", r#"t["  a ",b,"\n"]"#),
        ("<<-E\n    a\n      ${b}\n    E", r#"t["a\n  ",b,"\n"]"#),
        (
            "<<-E\n  %{~ if a ~}\n  x\n  %{~ else ~}\n  y\n  %{~ endif ~}\n  z\n  E",
            r#"t["",if(a;"x";"y"),"z\n"]"#,
        ),
        ("\"%{for x in l}${x},%{endfor}\"", r#"t[for(l;x,",")]"#),
    ] {
        assert_eq!(value(text), shown, "{text}");
    }
}

#[test]
fn spans_point_into_the_file_behind_a_broken_block() {
    let text = "locals {\n  a = [1\n}\n\ndata \"x\" \"y\" {\n  p = {\n    Action = [\"s3:Get\", \"é\"]\n  }\n}\n";
    let parsed = parse(text);
    assert_eq!(parsed.broken.len(), 1);
    assert_eq!(parsed.diagnostics.len(), 1);
    let place = parsed.diagnostics[0].primary.span;
    assert_eq!(
        &text[place.range()],
        "}",
        "{}",
        parsed.diagnostics[0].message
    );
    let block = &parsed.body.blocks[0];
    assert!(text[block.span.range()].starts_with("data \"x\""));
    assert_eq!(block.labels, ["x", "y"]);
    let value = &block.body.attribute("p").unwrap().value;
    assert!(text[value.span.range()].starts_with("{\n    Action"));
    let Kind::Object(members) = &value.kind else {
        panic!()
    };
    assert_eq!(&text[members[0].0.span.range()], "Action");
    let Kind::List(list) = &members[0].1.kind else {
        panic!()
    };
    assert_eq!(&text[list[0].span.range()], "\"s3:Get\"");
    assert_eq!(&text[list[1].span.range()], "\"é\"");
}

#[test]
fn an_unescaped_policy_variable_costs_a_diagnostic_and_no_more() {
    let text = "resource \"a\" \"b\" {\n  p = <<E\n{\"k\": \"x/${aws:username}/${var.y}\"}\nE\n}\n";
    let parsed = parse(text);
    assert_eq!(parsed.broken, []);
    assert_eq!(parsed.diagnostics.len(), 1);
    let diagnostic = &parsed.diagnostics[0];
    assert_eq!(&text[diagnostic.primary.span.range()], "${aws:username}");
    assert_eq!(
        diagnostic.message,
        "`${aws:username}` is no expression of HCL"
    );
    let value = &parsed.body.blocks[0].body.attributes[0].value;
    assert_eq!(
        show(value),
        r#"t["{\"k\": \"x/${aws:username}/",var.y,"\"}\n"]"#
    );
}

#[test]
fn hostile_texts_end() {
    for text in [
        "{".repeat(100_000),
        "a = [".repeat(50_000),
        "x = \"${".repeat(20_000),
        "resource \"a\" \"b\" {\n".repeat(3000),
        format!("x = {}1{}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("x = {}", "!".repeat(50_000)),
        format!("x = 1{}", " + 1".repeat(50_000)),
        format!("x = a{}", ".b".repeat(50_000)),
        "\u{0}\u{feff}é".to_owned(),
        "x = <<E\n".to_owned() + &"${a}\n".repeat(50_000),
    ] {
        let _ = parse(&text);
        let _ = parse_template(&text);
    }
}
