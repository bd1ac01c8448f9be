//! The colours of age: the older, the more it stands out from the page, so darker on light and brighter on dark.
//!
//! Eight colours were chosen and measured (strictly monotone in lightness, so they survive grey printing and every kind
//! of colour blindness); more or fewer buckets are interpolated between them in CIE L*a*b*.

/// What is not due, then older and older.
const LIGHT: [u32; 8] = [0xd3dde6, 0xf1d48a, 0xefbf6c, 0xe29a48, 0xcc7134, 0xac4a26, 0x84291a, 0x55130f];
const DARK: [u32; 8] = [0x34424f, 0x5c5233, 0x7f6735, 0xa77c39, 0xcf8d46, 0xec9f66, 0xfbb99a, 0xffdcd0];
/// Text on a colour: the one of the two that is easier to read.
const INK: u32 = 0x000000;
const PAPER: u32 = 0xffffff;

/// Custom properties for so many buckets: `--b0` is the colour of the first, `--t0` that of text on it, for light, for
/// dark and for print, which is light.
pub fn css(buckets: usize) -> String {
    let (light, dark) = (properties(&LIGHT, buckets), properties(&DARK, buckets));
    let classes: String = (0..buckets).map(|n| format!(".b{n}{{background:var(--b{n});color:var(--t{n})}}")).collect();
    format!(":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{classes}")
}

fn properties(anchors: &[u32; 8], buckets: usize) -> String {
    let one = |n: usize| {
        let colour = colour(anchors, n, buckets);
        format!("--b{n}:#{colour:06x};--t{n}:#{:06x};", text_on(colour))
    };
    (0..buckets).map(one).collect()
}

/// The colour of one of so many buckets. The first is what is not due; the others share the way from young to old.
fn colour(anchors: &[u32; 8], position: usize, buckets: usize) -> u32 {
    let last = (anchors.len() - 1) as f64;
    let at = match (position, buckets) {
        (0, _) => 0.0,
        (_, ..=2) => last / 2.0 + 0.5,
        _ => 1.0 + (position - 1) as f64 / (buckets - 2) as f64 * (last - 1.0),
    };
    let below = (at.floor() as usize).min(anchors.len() - 1);
    let above = (below + 1).min(anchors.len() - 1);
    let share = at - below as f64;
    if share == 0.0 {
        return anchors[below];
    }
    let (from, to) = (lab(anchors[below]), lab(anchors[above]));
    rgb([0, 1, 2].map(|i| from[i] + (to[i] - from[i]) * share))
}

fn text_on(colour: u32) -> u32 {
    if contrast(colour, INK) >= contrast(colour, PAPER) { INK } else { PAPER }
}

/// Ratio of contrast as WCAG defines it.
fn contrast(a: u32, b: u32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: u32) -> f64 {
    let [red, green, blue] = linear(colour);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// sRGB without its gamma.
fn linear(colour: u32) -> [f64; 3] {
    [16, 8, 0].map(|shift| {
        let share = f64::from(colour >> shift & 0xff) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    })
}

/// White of D65, as sRGB has it.
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

fn lab(colour: u32) -> [f64; 3] {
    let [red, green, blue] = linear(colour);
    let xyz = [
        0.412_456 * red + 0.357_576 * green + 0.180_438 * blue,
        0.212_673 * red + 0.715_152 * green + 0.072_175 * blue,
        0.019_334 * red + 0.119_192 * green + 0.950_304 * blue,
    ];
    let bent = [0, 1, 2].map(|i| {
        let share = xyz[i] / WHITE[i];
        if share > 0.008_856 { share.cbrt() } else { 7.787 * share + 16.0 / 116.0 }
    });
    [116.0 * bent[1] - 16.0, 500.0 * (bent[0] - bent[1]), 200.0 * (bent[1] - bent[2])]
}

fn rgb(lab: [f64; 3]) -> u32 {
    let middle = (lab[0] + 16.0) / 116.0;
    let bent = [middle + lab[1] / 500.0, middle, middle - lab[2] / 200.0];
    let straight = |f: f64| if f.powi(3) > 0.008_856 { f.powi(3) } else { (f - 16.0 / 116.0) / 7.787 };
    let [x, y, z] = [0, 1, 2].map(|i| straight(bent[i]) * WHITE[i]);
    let linear = [
        3.240_454 * x - 1.537_139 * y - 0.498_531 * z,
        -0.969_266 * x + 1.876_011 * y + 0.041_556 * z,
        0.055_643 * x - 0.204_026 * y + 1.057_225 * z,
    ];
    let byte = |share: f64| {
        let share = if share <= 0.003_130_8 { share * 12.92 } else { 1.055 * share.powf(1.0 / 2.4) - 0.055 };
        (share.clamp(0.0, 1.0) * 255.0).round() as u32
    };
    linear.into_iter().fold(0, |colour, share| colour << 8 | byte(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The colours that a page's CSS says: of the buckets, and of the text on each.
    fn read(css: &str, name: char) -> Vec<u32> {
        let start = format!("--{name}");
        let marked = css.split(&start).skip(1).filter_map(|rest| rest.split_once(":#"));
        marked.map(|(_, hex)| u32::from_str_radix(&hex[..6], 16).expect("a colour")).collect()
    }

    #[test]
    fn the_older_the_more_it_stands_out_and_its_text_can_be_read() {
        for buckets in 1..=24 {
            let css = css(buckets);
            let (light, dark) = css.split_once("@media").expect("a dark page too");
            let dark = dark.split_once("}}").expect("its end").0;
            for (scheme, is_darker) in [(light, true), (dark, false)] {
                let (colours, texts) = (read(scheme, 'b'), read(scheme, 't'));
                assert_eq!((colours.len(), texts.len()), (buckets, buckets), "{css}");
                let steps = colours.windows(2).map(|pair| lab(pair[1])[0] - lab(pair[0])[0]);
                assert!(steps.clone().all(|step| (step < 0.0) == is_darker), "{buckets}: {colours:06x?}");
                for (colour, text) in colours.iter().zip(&texts) {
                    assert!(
                        contrast(*colour, *text) >= 4.5,
                        "#{text:06x} on #{colour:06x}: {}",
                        contrast(*colour, *text)
                    );
                }
            }
        }
        assert_eq!(read(css(8).split("@media").next().expect("light"), 'b'), LIGHT, "the colours that were measured");
    }

    #[test]
    fn a_colour_survives_the_way_there_and_back() {
        for colour in LIGHT.into_iter().chain(DARK).chain([0, 0xffffff, 0x808080]) {
            assert_eq!(rgb(lab(colour)), colour, "#{colour:06x}");
        }
    }
}
