//! Pictures as SVG text: lines, columns with marks, steps from one amount to another, a curve, differences with their
//! intervals, and the small line of a tile.
//!
//! Each is drawn 360 units wide and scales with its card, so that text has one size on a phone and on a wide screen. It
//! takes its colours from the page's CSS by classes alone, names itself for a screen reader, and has a title at each point.

use std::fmt::Write;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 176.0;
const TOP: f64 = 14.0;
/// Where the labels of the lower axis begin.
const FLOOR: f64 = 152.0;
/// What a letter takes at the size of an axis.
const LETTER: f64 = 5.9;
/// The same of the value at the end of a line.
const BOLD_LETTER: f64 = 8.2;
const TICKS_MAX: usize = 5;
/// The least distance of two labels at the end of lines.
const LABEL_GAP: f64 = 25.0;

/// How a number on an axis, or at a point, is written.
pub type Say<'a> = &'a dyn Fn(f64) -> String;

/// What is drawn, and what the picture says to who cannot see it.
pub struct Picture<'a> {
    /// With figures.
    pub label: String,
    /// A name for each point, the oldest first.
    pub points: &'a [String],
    pub axis: Say<'a>,
    pub say: Say<'a>,
}

/// A line, or one part of stacked columns: `class` is `s1`, `s2` ...
pub struct Series<'a> {
    pub name: &'a str,
    pub class: &'a str,
    pub values: &'a [Option<f64>],
}

/// Text as it stands in HTML.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Lower and upper end of an axis and its ticks: round numbers, at most five.
fn axis(lowest: f64, highest: f64, from_zero: bool) -> Vec<f64> {
    let lowest = if from_zero { lowest.min(0.0) } else { lowest };
    let span = if highest > lowest { highest - lowest } else { highest.abs().max(1.0) };
    let mut power = 10_f64.powf((span / (TICKS_MAX - 1) as f64).log10().floor());
    loop {
        for factor in [1.0, 2.0, 2.5, 5.0] {
            let step = power * factor;
            let (first, last) = ((lowest / step).floor(), (highest / step).ceil().max((lowest / step).floor() + 1.0));
            if ((last - first) as usize) < TICKS_MAX {
                return (0..=(last - first) as usize).map(|n| (first + n as f64) * step).collect();
            }
        }
        power *= 10.0;
    }
}

/// The text of a picture under way, and its scale.
struct Canvas {
    body: String,
    /// Where the picture begins: after the longest label of its axis.
    left: f64,
    right: f64,
    low: f64,
    high: f64,
}

impl Canvas {
    fn new(ticks: &[f64], say: Say<'_>, right: f64) -> Canvas {
        let (low, high) = (ticks.first().copied().unwrap_or(0.0), ticks.last().copied().unwrap_or(1.0));
        let longest = ticks.iter().map(|tick| say(*tick).chars().count()).max().unwrap_or(0);
        Canvas { body: String::new(), left: 9.0 + longest as f64 * LETTER, right, low, high }
    }

    fn y(&self, value: f64) -> f64 {
        FLOOR - (value - self.low) / (self.high - self.low) * (FLOOR - TOP)
    }

    fn x(&self, position: usize, points: usize) -> f64 {
        self.left + position as f64 / points.saturating_sub(1).max(1) as f64 * (self.right - self.left)
    }

    fn put(&mut self, part: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _ = self.body.write_fmt(part);
    }

    fn grid(&mut self, ticks: &[f64], say: Say<'_>) {
        for tick in ticks {
            let (y, text) = (self.y(*tick), escape(&say(*tick)));
            let (left, right) = (self.left, self.right);
            self.put(format_args!(r#"<path class="grid" d="M{left:.1} {y:.1}H{right:.1}"/>"#));
            self.put(format_args!(
                r#"<text class="tick" x="{:.1}" y="{:.1}" text-anchor="end">{text}</text>"#,
                left - 5.0,
                y + 3.5
            ));
        }
    }

    fn text(&mut self, class: &str, x: f64, y: f64, anchor: &str, text: &str) {
        let text = escape(text);
        self.put(format_args!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#));
    }

    /// The first name, the middle one and the last: more would run into each other.
    fn names(&mut self, points: &[String], x: impl Fn(&Canvas, usize) -> f64) {
        let last = points.len().saturating_sub(1);
        let mut shown = vec![(0, "start"), (last / 2, "middle"), (last, "end")];
        shown.dedup_by_key(|(position, _)| *position);
        for (position, anchor) in shown {
            if let Some(name) = points.get(position) {
                let x = x(self, position);
                self.text("tick", x, FLOOR + 16.0, anchor, name);
            }
        }
    }

    fn finish(self, label: &str) -> String {
        let (label, body) = (escape(label), self.body);
        format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{body}</svg>"#)
    }
}

fn ends(series: &[Series<'_>]) -> (f64, f64) {
    let known = || series.iter().flat_map(|one| one.values.iter().flatten()).copied();
    (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max))
}

/// The lower edge of the axis of lines; none where no point is known.
pub fn floor(values: impl Iterator<Item = f64>, from_zero: bool) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    let lowest = values.iter().copied().reduce(f64::min)?;
    let highest = values.iter().copied().reduce(f64::max)?;
    axis(lowest, highest, from_zero).first().copied()
}

/// Lines that carry their last value and their name at their end; `None` where no point is known.
pub fn lines(picture: &Picture<'_>, series: &[Series<'_>], from_zero: bool) -> Option<String> {
    let (lowest, highest) = ends(series);
    if !lowest.is_finite() {
        return None;
    }
    let ticks = axis(lowest, highest, from_zero);
    let room = |one: &Series<'_>| {
        let value = last(one).map_or(0, |value| (picture.say)(value).chars().count());
        (one.name.chars().count() as f64 * LETTER).max(value as f64 * BOLD_LETTER)
    };
    let right = WIDTH - 12.0 - series.iter().map(room).fold(0.0, f64::max);
    let mut canvas = Canvas::new(&ticks, picture.axis, right);
    canvas.grid(&ticks, picture.axis);
    canvas.names(picture.points, |canvas, position| canvas.x(position, picture.points.len()));
    for one in series {
        line(&mut canvas, one, picture);
    }
    end_labels(&mut canvas, series, picture);
    Some(canvas.finish(&picture.label))
}

fn last(series: &Series<'_>) -> Option<f64> {
    series.values.iter().rev().flatten().next().copied()
}

/// A line that breaks where a value is not known.
fn line(canvas: &mut Canvas, series: &Series<'_>, picture: &Picture<'_>) {
    let points = picture.points.len();
    let (mut path, mut pen) = (String::new(), 'M');
    for (position, value) in series.values.iter().enumerate() {
        match value {
            Some(value) => {
                path.push_str(&format!("{pen}{:.1} {:.1}", canvas.x(position, points), canvas.y(*value)));
                pen = 'L';
            }
            None => pen = 'M',
        }
    }
    let class = series.class;
    canvas.put(format_args!(r#"<path class="line {class}" d="{path}"/>"#));
    let final_point = series.values.iter().rposition(Option::is_some);
    for (position, value) in series.values.iter().enumerate().filter_map(|(n, v)| Some((n, (*v)?))) {
        let (x, y) = (canvas.x(position, points), canvas.y(value));
        let name = picture.points.get(position).map_or("", String::as_str);
        let title = escape(&format!("{name}: {} {}", series.name, (picture.say)(value)));
        let (kind, radius) = if Some(position) == final_point { ("dot", 3.5) } else { ("hit", 7.0) };
        canvas.put(format_args!(
            r#"<circle class="{kind} {class}" cx="{x:.1}" cy="{y:.1}" r="{radius}"><title>{title}</title></circle>"#
        ));
    }
}

/// Value and name at the end of each line, apart from each other.
fn end_labels(canvas: &mut Canvas, series: &[Series<'_>], picture: &Picture<'_>) {
    let mut labels: Vec<(f64, usize)> =
        series.iter().enumerate().filter_map(|(n, s)| Some((canvas.y(last(s)?), n))).collect();
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lowest = f64::NEG_INFINITY;
    for (y, _) in &mut labels {
        *y = y.max(lowest + LABEL_GAP);
        lowest = *y;
    }
    let over = (lowest - (FLOOR - 8.0)).max(0.0);
    for (y, number) in labels {
        let one = &series[number];
        let (x, y) = (canvas.right + 8.0, y - over);
        let value = last(one).map_or(String::new(), |value| (picture.say)(value));
        canvas.text(&format!("end {}", one.class), x, y + 2.0, "start", &value);
        canvas.text("tick", x, y + 13.0, "start", one.name);
    }
}

/// Columns of stacked parts, and a mark across each.
pub fn columns(picture: &Picture<'_>, parts: &[Series<'_>], marks: &Series<'_>) -> Option<String> {
    let points = picture.points.len();
    let height =
        |n: usize| parts.iter().filter_map(|p| p.values.get(n).copied().flatten()).map(|v| v.max(0.0)).sum::<f64>();
    let highest = (0..points).map(height).chain(marks.values.iter().flatten().copied()).fold(0.0, f64::max);
    if points == 0 || highest <= 0.0 {
        return None;
    }
    let ticks = axis(0.0, highest, true);
    let mut canvas = Canvas::new(&ticks, picture.axis, WIDTH - 6.0);
    canvas.grid(&ticks, picture.axis);
    let (left, slot) = (canvas.left, (canvas.right - canvas.left) / points as f64);
    let middle = move |n: usize| left + (n as f64 + 0.5) * slot;
    for (position, name) in picture.points.iter().enumerate() {
        let mut base = 0.0;
        for part in parts {
            let Some(value) = part.values.get(position).copied().flatten().filter(|value| *value > 0.0) else {
                continue;
            };
            let (top, bottom) = (canvas.y(base + value), canvas.y(base));
            let (x, width, height) = (middle(position) - slot * 0.34, slot * 0.68, (bottom - top).max(0.5));
            let title = escape(&format!("{name}: {} {}", part.name, (picture.say)(value)));
            let class = part.class;
            canvas.put(format_args!(
                r#"<rect class="{class}" x="{x:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}"><title>{title}</title></rect>"#
            ));
            base += value;
        }
        if let Some(value) = marks.values.get(position).copied().flatten() {
            let (x, y, width) = (middle(position) - slot * 0.46, canvas.y(value), slot * 0.92);
            let title = escape(&format!("{name}: {} {}", marks.name, (picture.say)(value)));
            canvas
                .put(format_args!(r#"<path class="mark" d="M{x:.1} {y:.1}h{width:.1}"><title>{title}</title></path>"#));
        }
        if position % 3 == 0 {
            canvas.text("tick", middle(position), FLOOR + 16.0, "middle", name);
        }
    }
    Some(canvas.finish(&picture.label))
}

/// One amount of a way from an opening to a closing amount: `total` stands on the floor, the others on what came before.
pub struct Step {
    pub name: String,
    pub amount: f64,
    pub is_total: bool,
    /// As it is written above its column.
    pub short: String,
    /// In full.
    pub title: String,
}

/// Steps from one amount to another.
pub fn waterfall(label: &str, steps: &[Step]) -> Option<String> {
    let (mut level, mut reached) = (0.0, vec![0.0]);
    let mut spans = Vec::new();
    for step in steps {
        let from = if step.is_total { 0.0 } else { level };
        level = from + step.amount;
        spans.push((from, level));
        reached.push(level);
    }
    let highest = reached.iter().copied().fold(0.0, f64::max);
    let lowest = reached.iter().copied().fold(0.0, f64::min);
    if steps.is_empty() || highest <= lowest {
        return None;
    }
    let mut canvas = Canvas { body: String::new(), left: 6.0, right: WIDTH - 6.0, low: lowest, high: highest };
    let slot = (WIDTH - 12.0) / steps.len() as f64;
    for ((step, (from, to)), position) in steps.iter().zip(&spans).zip(0..) {
        let (top, bottom) = (canvas.y(from.max(*to)), canvas.y(from.min(*to)));
        let x = 6.0 + f64::from(position) * slot;
        let class = match (step.is_total, step.amount < 0.0) {
            (true, _) => "s1",
            (false, true) => "less",
            (false, false) => "more",
        };
        let (width, height, title) = (slot * 0.8, (bottom - top).max(1.5), escape(&step.title));
        canvas.put(format_args!(
            r#"<rect class="{class}" x="{:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" rx="1.5"><title>{title}</title></rect>"#,
            x + slot * 0.1
        ));
        canvas.text("value", x + slot / 2.0, top - 4.0, "middle", &step.short);
        canvas.text("tick", x + slot / 2.0, FLOOR + 16.0, "middle", &step.name);
        if position > 0 {
            let y = canvas.y(if step.is_total { *to } else { *from });
            let (start, width) = (x - slot * 0.1, slot * 0.2);
            canvas.put(format_args!(r#"<path class="grid" d="M{start:.1} {y:.1}h{width:.1}"/>"#));
        }
    }
    Some(canvas.finish(label))
}

/// One point of a concentration curve: share of holders and share held, both from 0 to 1, and its title.
pub struct Point {
    pub x: f64,
    pub y: f64,
    pub title: String,
}

/// A curve from nothing to all; `named` is the point that is written out.
pub fn curve(
    label: &str,
    points: &[Point],
    named: Option<(usize, &str)>,
    names: [&str; 3],
    say: Say<'_>,
) -> Option<String> {
    if points.is_empty() {
        return None;
    }
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0];
    let mut canvas = Canvas::new(&ticks, say, WIDTH - 14.0);
    canvas.grid(&ticks, say);
    let (left, right) = (canvas.left, canvas.right);
    let x = move |share: f64| left + share * (right - left);
    let way: String = points.iter().map(|p| format!("L{:.1} {:.1}", x(p.x), canvas.y(p.y))).collect();
    let start = format!("M{left:.1} {FLOOR}");
    let end = points.last().map_or(left, |p| x(p.x));
    canvas.put(format_args!(
        r#"<path class="area s1" d="{start}{way}L{end:.1} {FLOOR}Z"/><path class="line s1" d="{start}{way}"/>"#
    ));
    for (position, point) in points.iter().enumerate() {
        let (cx, cy, title) = (x(point.x), canvas.y(point.y), escape(&point.title));
        let kind = if named.is_some_and(|(n, _)| n == position) { "dot" } else { "hit" };
        let radius = if kind == "dot" { 3.5 } else { 6.0 };
        canvas.put(format_args!(
            r#"<circle class="{kind} s1" cx="{cx:.1}" cy="{cy:.1}" r="{radius}"><title>{title}</title></circle>"#
        ));
    }
    if let Some((point, text)) = named.and_then(|(n, text)| Some((points.get(n)?, text))) {
        // To the right of the point, below the curve, where nothing else is.
        let room = WIDTH - 10.0 - text.chars().count() as f64 * 6.8;
        let (tx, ty) = ((x(point.x) + 9.0).min(room), (canvas.y(point.y) + 16.0).min(FLOOR - 8.0));
        canvas.text("end s1", tx, ty, "start", text);
    }
    for (share, anchor, name) in [(0.0, "start", names[0]), (0.5, "middle", names[1]), (1.0, "end", names[2])] {
        canvas.text("tick", x(share), FLOOR + 16.0, anchor, name);
    }
    Some(canvas.finish(label))
}

/// A difference with the interval in which it lies.
pub struct Interval {
    pub name: String,
    pub low: f64,
    pub middle: f64,
    pub high: f64,
    pub title: String,
}

/// Differences to nought, a line each.
pub fn intervals(label: &str, all: &[Interval], say: Say<'_>) -> Option<String> {
    let lowest = all.iter().map(|one| one.low).fold(0.0, f64::min);
    let highest = all.iter().map(|one| one.high).fold(0.0, f64::max);
    if all.is_empty() {
        return None;
    }
    let ticks = axis(lowest, highest, true);
    let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
    let left = 14.0 + all.iter().map(|one| one.name.chars().count()).max().unwrap_or(0).min(20) as f64 * 6.2;
    let x = |value: f64| left + (value - low) / (high - low) * (WIDTH - 16.0 - left);
    let height = 28.0 * all.len() as f64 + 24.0;
    let mut canvas = Canvas::new(&ticks, say, WIDTH);
    for tick in &ticks {
        let class = if tick.abs() < f64::EPSILON { "axis" } else { "grid" };
        canvas.put(format_args!(r#"<path class="{class}" d="M{:.1} 4V{:.1}"/>"#, x(*tick), height - 20.0));
        canvas.text("tick", x(*tick), height - 6.0, "middle", &say(*tick));
    }
    for (one, position) in all.iter().zip(0..) {
        let y = 18.0 + 28.0 * f64::from(position);
        let (from, to, title) = (x(one.low), x(one.high), escape(&one.title));
        canvas.put(format_args!(r#"<path class="line s1" d="M{from:.1} {y:.1}H{to:.1}"/>"#));
        canvas.put(format_args!(
            r#"<circle class="dot s1" cx="{:.1}" cy="{y:.1}" r="4.5"><title>{title}</title></circle>"#,
            x(one.middle)
        ));
        let name: String = one.name.chars().take(20).collect();
        canvas.text("name", left - 8.0, y + 4.0, "end", &name);
    }
    let (label, body) = (escape(label), canvas.body);
    Some(format!(r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{body}</svg>"#))
}

/// The small line of a tile; it says nothing that the tile does not, so it is hidden from a screen reader.
pub fn spark(values: &[Option<f64>]) -> String {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let (lowest, highest) =
        (known.iter().copied().fold(f64::INFINITY, f64::min), known.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    if known.len() < 2 {
        return String::new();
    }
    let span = if highest > lowest { highest - lowest } else { 1.0 };
    let y = |value: f64| 22.0 - (value - lowest) / span * 18.0;
    let x = |position: usize| 2.0 + position as f64 / (values.len() - 1) as f64 * 76.0;
    let (mut path, mut pen, mut end) = (String::new(), 'M', (0.0, 0.0));
    for (position, value) in values.iter().enumerate() {
        match value {
            Some(value) => {
                end = (x(position), y(*value));
                path.push_str(&format!("{pen}{:.1} {:.1}", end.0, end.1));
                pen = 'L';
            }
            None => pen = 'M',
        }
    }
    let (cx, cy) = end;
    format!(
        r#"<svg class="spark" viewBox="0 0 82 26" aria-hidden="true"><path d="{path}"/><circle cx="{cx:.1}" cy="{cy:.1}" r="2.6"/></svg>"#
    )
}

#[cfg(test)]
mod tests;
