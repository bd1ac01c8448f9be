//! Pictures as text: what stands in them, and that nothing runs out of them.

use super::*;

fn picture<'a>(points: &'a [String], say: Say<'a>) -> Picture<'a> {
    Picture { label: "DSO: 79 to 80".to_owned(), points, axis: say, say }
}

fn months(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("m{n}")).collect()
}

/// Every number that stands as a place in a picture.
fn places(svg: &str, attribute: &str) -> Vec<f64> {
    let start = format!(" {attribute}=\"");
    let parts = svg.split(&start).skip(1);
    parts.map(|part| part.split('"').next().and_then(|n| n.parse().ok()).expect("a number")).collect()
}

fn is_inside(svg: &str) {
    for (attributes, limit) in [(["x", "cx"], WIDTH), (["y", "cy"], HEIGHT + 400.0)] {
        for place in attributes.iter().flat_map(|a| places(svg, a)) {
            assert!((0.0..=limit).contains(&place), "{place} in {svg}");
        }
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert_eq!(svg.matches('<').count(), svg.matches('>').count());
}

#[test]
fn axes_are_round_and_short() {
    let cases = [
        ((79.0, 90.0, false), vec![78.0, 82.0, 86.0, 90.0, 94.0], false),
        ((0.0, 27.7, true), vec![0.0, 10.0, 20.0, 30.0], true),
        ((5.0, 5.0, false), vec![], false),
        ((0.0, 0.0, true), vec![], false),
        ((-3.0, 12.0, true), vec![], false),
        ((1e13, 9e13, true), vec![], false),
        ((0.001, 0.0011, false), vec![], false),
    ];
    for ((low, high, from_zero), expected, is_exact) in cases {
        let ticks = axis(low, high, from_zero);
        assert!((2..=TICKS_MAX).contains(&ticks.len()), "{ticks:?}");
        assert!(ticks[0] <= low && ticks[ticks.len() - 1] >= high, "{low} to {high}: {ticks:?}");
        assert!(!is_exact || ticks == expected, "{ticks:?}");
    }
}

#[test]
fn a_line_says_itself_and_breaks_where_nothing_is_known() {
    let say = |value: f64| format!("{value:.0}");
    let points = months(5);
    let values = [Some(79.0), None, Some(84.0), Some(82.0), Some(80.0)];
    let series = [Series { name: "DSO", class: "s1", values: &values }];
    let svg = lines(&picture(&points, &say), &series, false).expect("a picture");
    is_inside(&svg);
    assert!(svg.starts_with(r#"<svg viewBox="0 0 360 176" role="img" aria-label="DSO: 79 to 80">"#), "{svg}");
    assert_eq!(svg.matches("<title>").count(), 4, "one a point");
    assert!(svg.contains("<title>m4: DSO 80</title>") && svg.contains(">80</text>"));
    let path = svg.split(r#"class="line s1" d=""#).nth(1).and_then(|p| p.split('"').next()).expect("a path");
    assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 2), "{path}");
    assert!(!svg.contains("style=") && !svg.contains('#'), "colours are the page's");
}

#[test]
fn pictures_of_nothing_of_one_point_and_of_huge_amounts() {
    let say = |value: f64| format!("{value:.0}");
    let of = |values: &[Option<f64>]| {
        let points = months(values.len());
        lines(&picture(&points, &say), &[Series { name: "x", class: "s1", values }], true)
    };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[None, None]), None, "no empty picture");
    for values in [&[Some(1.0)][..], &[Some(0.0), Some(0.0)], &[None, Some(1e15)], &[Some(-1.0), Some(1e15)]] {
        is_inside(&of(values).expect("a picture"));
    }
    assert_eq!(spark(&[Some(1.0)]), "");
    is_inside(&spark(&[Some(1e15), None, Some(1e15), Some(0.0)]));
}

#[test]
fn two_ends_do_not_cover_each_other() {
    let say = |value: f64| format!("{value:.1}");
    let points = months(2);
    let (one, two) = ([Some(1.0), Some(10.0)], [Some(2.0), Some(10.1)]);
    let series = [Series { name: "a", class: "s1", values: &one }, Series { name: "b", class: "s2", values: &two }];
    let svg = lines(&picture(&points, &say), &series, true).expect("a picture");
    let ends: Vec<f64> =
        svg.split(r#"class="end"#).skip(1).flat_map(|part| places(part, "y").first().copied()).collect();
    assert!((ends[0] - ends[1]).abs() >= LABEL_GAP - 0.1, "{ends:?}");
    is_inside(&svg);
}

#[test]
fn columns_stand_on_each_other_and_a_mark_on_top() {
    let say = |value: f64| format!("{value:.0}");
    let points = months(13);
    let (one, two) = (vec![Some(10.0); 13], vec![Some(5.0); 13]);
    let mut due = vec![Some(20.0); 13];
    due[3] = None;
    let parts = [Series { name: "a", class: "s1", values: &one }, Series { name: "b", class: "s2", values: &two }];
    let marks = Series { name: "due", class: "mark", values: &due };
    let svg = columns(&picture(&points, &say), &parts, &marks).expect("a picture");
    is_inside(&svg);
    assert_eq!((svg.matches("<rect").count(), svg.matches(r#"class="mark""#).count()), (26, 12));
    assert!(svg.contains("<title>m0: b 5</title>"));
    let nothing = vec![None; 13];
    let none = [Series { name: "a", class: "s1", values: &nothing }];
    assert_eq!(columns(&picture(&points, &say), &none, &Series { name: "due", class: "mark", values: &nothing }), None);
}

#[test]
fn steps_lead_from_opening_to_closing() {
    let step = |name: &str, amount: f64, is_total| Step {
        name: name.to_owned(),
        amount,
        is_total,
        short: format!("{amount}"),
        title: format!("{name}: {amount}"),
    };
    let steps =
        [step("from", 100.0, true), step("billed", 30.0, false), step("paid", -50.0, false), step("to", 80.0, true)];
    let svg = waterfall("from 100 to 80", &steps).expect("a picture");
    is_inside(&svg);
    for class in ["more", "less", "s1"] {
        assert!(svg.contains(&format!(r#"<rect class="{class}""#)), "{class} in {svg}");
    }
    assert_eq!(waterfall("nothing", &[step("from", 0.0, true), step("to", 0.0, true)]), None);
}

#[test]
fn curves_and_intervals_stay_inside() {
    let say = |value: f64| format!("{:.0} %", value * 100.0);
    let point = |x: f64, y: f64| Point { x, y, title: format!("{x}: {y}") };
    let points = [point(0.03, 0.39), point(0.1, 0.55), point(0.99, 0.999), point(1.0, 1.0)];
    for named in 0..points.len() {
        let svg = curve("20 owe 39 %", &points, Some((named, "20 clientes: 39 %")), ["0", "348", "697"], &say);
        is_inside(&svg.expect("a picture"));
    }
    assert_eq!(curve("", &[], None, ["", "", ""], &say), None);
    let arm = |low: f64, middle: f64, high: f64| Interval {
        name: "a long name of an arm of an experiment".to_owned(),
        low,
        middle,
        high,
        title: "t".to_owned(),
    };
    is_inside(&intervals("one", &[arm(-0.02, 0.01, 0.04), arm(0.0, 0.0, 0.0)], &say).expect("a picture"));
    assert_eq!(intervals("none", &[], &say), None);
}

#[test]
fn a_name_cannot_break_out() {
    let hostile = "\"><script>alert('x')</script>&";
    assert_eq!(escape(hostile), "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;");
    let say = |value: f64| format!("{value:.0}");
    let points = vec![hostile.to_owned(), hostile.to_owned()];
    let picture = Picture { label: hostile.to_owned(), points: &points, axis: &say, say: &say };
    let values = [Some(1.0), Some(2.0)];
    let svg = lines(&picture, &[Series { name: hostile, class: "s1", values: &values }], true).expect("a picture");
    assert!(!svg.contains("<script") && !svg.contains("alert('"), "{svg}");
}
