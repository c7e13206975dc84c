//! Templates, segments, and the choice among resources.

use super::*;

fn template(text: &str) -> PathTemplate {
    PathTemplate::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn matches(resource: &str, path: &str) -> Match {
    template(resource).matches(&Segment::split(path))
}

#[test]
fn one_resource() {
    use Match::*;
    for (resource, path, expected) in [
        ("/", "", Yes),
        ("/", "/", Yes),
        ("/", "/a", No),
        ("/orders", "/orders", Yes),
        ("/orders", "/orders/", Yes),
        ("/orders", "//orders", Yes),
        ("/orders", "/Orders", No),
        ("/orders", "/orders/1", No),
        ("/orders/{id}", "/orders/1", Yes),
        ("/orders/{id}", "/orders", No),
        ("/orders/{id}", "/orders//1", Yes),
        ("/orders/{id}", "/orders/1/2", No),
        ("/orders/{id}/items", "/orders/1/items", Yes),
        ("/orders/{id}/items/{proxy+}", "/orders/1/items", No),
        ("/orders/{id}/items/{proxy+}", "/orders/1/items/", No),
        ("/orders/{id}/items/{proxy+}", "/orders/1/items/2", Yes),
        ("/orders/{id}/items/{proxy+}", "/orders/1/items/2/3", Yes),
        ("/{proxy+}", "/", No),
        ("/{proxy+}", "/a/b/c", Yes),
        ("/a b", "/a%20b", Yes),
        ("/a%20b", "/a%20b", Yes),
        ("/a", "/%61", Yes),
        ("/a", "/%ff", No),
        ("/a/b", "/a%2Fb", No),
        ("/{x}", "/a%2Fb", Yes),
        ("/a:b", "/a:b", Yes),
    ] {
        assert_eq!(matches(resource, path), expected, "{resource} against {path}");
    }
}

#[test]
fn dynamic_segments() {
    use Match::*;
    for (resource, path, expected) in [
        ("/orders/{id}", "/orders/*", Yes),
        ("/orders/latest", "/orders/*", Maybe),
        ("/orders/latest", "/*/latest", Maybe),
        ("/orders/latest", "/*/other", No),
        ("/orders/{id}", "/*/1", Maybe),
        ("/{proxy+}", "/*", Yes),
        ("/", "/*", No),
        ("/item-7", "/item-*", Maybe),
        ("/item-", "/item-*", No),
        ("/thing-7", "/item-*", No),
        ("/{id}", "/item-*", Yes),
        ("/a1b2c", "/a*b*c", Maybe),
        ("/abc", "/a*b*c", No),
        ("/a-b-b-c", "/a*b*c", Maybe),
        ("/ab", "/**", Maybe),
        ("/a", "/**", No),
        ("/é", "/*", Maybe),
        ("/x yz", "/x%20*", Maybe),
    ] {
        assert_eq!(matches(resource, path), expected, "{resource} against {path}");
    }
}

#[test]
fn values_fill_the_wildcards() {
    let filled = |path: &str, values: &[Option<&str>]| {
        let segments = fill(&Segment::split(path), values);
        segments.iter().map(Segment::raw).collect::<Vec<_>>().join("/")
    };
    assert_eq!(filled("/o/*/i/*", &[Some("7"), Some("8")]), "o/7/i/8");
    assert_eq!(filled("/o/*/i/*", &[None, Some("8")]), "o/*/i/8");
    assert_eq!(filled("/o/*/i/*", &[Some("7")]), "o/7/i/*");
    assert_eq!(filled("/o", &[Some("7")]), "o");
    assert_eq!(filled("/o/*-*", &[Some("7"), None]), "o/7-*");
    assert_eq!(filled("/o/*/*", &[Some("a/b"), Some("")]), "o/*/*");
    assert_eq!(fill(&Segment::split("/*"), &[Some("7")]), [Segment::Literal("7".to_owned())]);
}

#[test]
fn no_templates() {
    for (text, why) in [
        ("", TemplateError::NoSlash),
        ("orders", TemplateError::NoSlash),
        ("/{proxy+}/x", TemplateError::GreedyNotLast),
        ("/{}", TemplateError::Braces),
        ("/{+}", TemplateError::Braces),
        ("/a{b}", TemplateError::Braces),
        ("/{a}{b}", TemplateError::Braces),
        ("/{a", TemplateError::Braces),
        ("/}", TemplateError::Braces),
    ] {
        assert_eq!(PathTemplate::parse(text), Err(why), "{text}");
    }
}

#[test]
fn the_most_specific_resource_is_taken() {
    let resources = ["/{proxy+}", "/orders/{id}", "/orders/latest", "/orders", "/orders/{id}/{rest+}", "/"];
    let templates: Vec<PathTemplate> = resources.iter().map(|text| template(text)).collect();
    let choose = |path: &str| best_match(&templates, &Segment::split(path));
    assert_eq!(choose("/"), Choice::One(5));
    assert_eq!(choose("/orders"), Choice::One(3));
    assert_eq!(choose("/orders/latest"), Choice::One(2));
    assert_eq!(choose("/orders/7"), Choice::One(1));
    assert_eq!(choose("/orders/latest/x"), Choice::One(4));
    assert_eq!(choose("/other"), Choice::One(0));
    assert_eq!(choose("/orders/*"), Choice::OneOf { indices: vec![2, 1], or_none: false });
    assert_eq!(choose("/*"), Choice::OneOf { indices: vec![3, 0], or_none: false });
    assert_eq!(choose("/*/latest"), Choice::OneOf { indices: vec![2, 1, 0], or_none: false });
}

#[test]
fn a_value_may_lead_nowhere() {
    let templates = [template("/orders"), template("/items")];
    let choose = |path: &str| best_match(&templates, &Segment::split(path));
    assert_eq!(choose("/*"), Choice::OneOf { indices: vec![0, 1], or_none: true });
    assert_eq!(choose("/o*"), Choice::OneOf { indices: vec![0], or_none: true });
    assert_eq!(choose("/x*"), Choice::None);
    assert_eq!(choose("/"), Choice::None);
    assert_eq!(best_match([], &Segment::split("/a")), Choice::None);
}

#[test]
fn total_for_mutants() {
    let seeds = ["/orders/{id}/items/{proxy+}", "/a*b/%20/*", "/orders/latest", "/é/{x}"];
    let (mut templates, mut answers) = (Vec::new(), [0_usize; 3]);
    for text in crate::mutate::mutants(&seeds, 5_000) {
        templates.extend(PathTemplate::parse(&text).ok().filter(|_| templates.len() < 300));
        let path = Segment::split(&text);
        for template in &templates {
            answers[template.matches(&path) as usize] += 1;
        }
        if let Choice::OneOf { indices, .. } = best_match(&templates, &path) {
            assert!(indices.iter().all(|index| templates[*index].matches(&path) != Match::No));
        }
        let _ = fill(&path, &[Some(&text), None, Some("x")]);
    }
    assert!(answers.iter().all(|count| *count > 0), "{answers:?}");
}

#[test]
fn what_a_path_may_become() {
    for (resource, start, expected) in [
        ("/orders/{id}", "/orders", true),
        ("/orders/{id}", "/order", false),
        ("/orders/{id}", "/orders/1/2", false),
        ("/orders/{id}/lines", "/orders/1", true),
        ("/orders/{proxy+}", "/orders/1/2", true),
        ("/{proxy+}", "/anything/else", true),
        ("/orders", "/", true),
        ("/a b", "/a%20b", true),
    ] {
        assert_eq!(template(resource).goes_on_from(&Segment::split(start)), expected, "{resource} from {start}");
    }
}
