//! What a page is made of before it is text: sections with a question and its answer, cards, tables and cells.
//!
//! The template lays them out and knows nothing of receivables; the sections fill them and know nothing of HTML.

use std::collections::BTreeSet;

use serde::Serialize;

/// The whole page.
#[derive(Serialize)]
pub struct Page {
    pub title: String,
    pub tenant: String,
    pub meta: String,
    pub chip: String,
    pub heading: String,
    /// Who may see it, where that is not everybody.
    pub warning: String,
    /// Sentences.
    pub lede: Vec<String>,
    pub tiles: Vec<Tile>,
    pub alerts: Vec<Alert>,
    pub sections: Vec<Section>,
    pub footer: Vec<Footnote>,
    pub provenance: String,
}

/// A headline figure.
#[derive(Serialize)]
pub struct Tile {
    pub name: String,
    pub figure: Cell,
    pub change: String,
    /// Said after the change: better, or worse.
    pub verdict: String,
    /// `good`, `bad` or `same`: the colour of what the words say.
    pub class: &'static str,
    pub spark: String,
}

/// Something that asks for a decision.
#[derive(Serialize)]
pub struct Alert {
    /// Id of the section that tells more.
    pub to: &'static str,
    pub what: Cell,
    pub more: String,
}

/// A question of the reader.
#[derive(Serialize)]
pub struct Section {
    pub id: String,
    pub question: String,
    pub answer: String,
    pub cards: Vec<Card>,
}

/// One picture, or the line that says why there is none.
#[derive(Default, Serialize)]
pub struct Card {
    pub title: String,
    pub is_wide: bool,
    pub picture: Picture,
    /// What stands below the picture: few rows that belong to it.
    pub below: Option<Table>,
    /// Where it comes from, and what it means.
    pub source: String,
    /// The name of the folded table, and the table.
    pub fold: Option<(String, Table)>,
}

#[derive(Default, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Picture {
    /// Only a fold, or nothing.
    #[default]
    None,
    /// Why there is none.
    Missing {
        why: String,
    },
    /// Safe text of `chart`, and a legend.
    Drawing {
        svg: String,
        legend: Vec<(String, String)>,
    },
    /// Bars of many parts below each other.
    Stacks {
        legend: Vec<(String, String)>,
        stacks: Vec<Stack>,
    },
    Table {
        table: Table,
    },
    /// A table of shades.
    Matrix {
        legend: Vec<(String, String)>,
        table: Table,
    },
}

/// One bar of parts.
#[derive(Serialize)]
pub struct Stack {
    pub name: String,
    pub note: Cell,
    /// What it says, for a screen reader.
    pub label: String,
    pub parts: Vec<Part>,
}

#[derive(Serialize)]
pub struct Part {
    pub class: String,
    /// Its share of the bar, in thousandths.
    pub width: i64,
    /// Written in it where there is room.
    pub text: String,
    pub title: String,
}

/// Rows under a head; the first cell of a row is its name.
#[derive(Default, Serialize)]
pub struct Table {
    pub caption: String,
    pub class: &'static str,
    pub head: Vec<Cell>,
    pub rows: Vec<Vec<Cell>>,
    pub foot: Vec<Cell>,
    /// That rows were left out.
    pub cut: String,
}

/// A cell, or a figure anywhere else.
#[derive(Clone, Default, Serialize)]
pub struct Cell {
    pub text: String,
    /// Said small, after the text.
    pub note: String,
    pub class: String,
    pub title: String,
    /// The key of a colour before the text.
    pub key: String,
    /// A bar of so many percent before the text.
    pub bar: String,
    /// How strong a shade is, from 0 to 1.
    pub shade: String,
    /// Table and column that the figure is of, the rows that it is the sum of, and the sum, exactly: so that a test, or an
    /// auditor, can tie it to the tables. A ratio names both its columns.
    pub kpi: String,
    pub of: String,
    pub value: String,
}

/// A paragraph under the page.
#[derive(Serialize)]
pub struct Footnote {
    pub heading: String,
    pub text: String,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// A figure, right-aligned.
    pub fn number(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), class: "n".to_owned(), ..Cell::default() }
    }

    pub fn with_note(mut self, note: impl Into<String>) -> Cell {
        self.note = note.into();
        self
    }

    pub fn with_key(mut self, key: impl Into<String>) -> Cell {
        self.key = key.into();
        self
    }

    pub fn with_title(mut self, title: impl Into<String>) -> Cell {
        self.title = title.into();
        self
    }

    /// A bar in front, as long as its share of the longest.
    pub fn with_bar(mut self, share: f64) -> Cell {
        self.bar = format!("{:.1}", share.clamp(0.0, 1.0) * 100.0);
        self
    }

    pub fn with_class(mut self, class: &str) -> Cell {
        if !self.class.is_empty() {
            self.class.push(' ');
        }
        self.class.push_str(class);
        self
    }
}

impl Card {
    pub fn missing(title: impl Into<String>, why: impl Into<String>) -> Card {
        Card { title: title.into(), picture: Picture::Missing { why: why.into() }, ..Card::default() }
    }

    pub fn wide(mut self) -> Card {
        self.is_wide = true;
        self
    }
}

impl Page {
    /// Gives every table a name of its own, by which a screen reader tells them apart: a folded one is named after its card.
    pub fn name_tables(&mut self) {
        let mut used = BTreeSet::new();
        let mut name = |table: &mut Table| {
            let caption = table.caption.clone();
            let numbered = (2..).map(|n| format!("{caption} ({n})"));
            let mut names = std::iter::once(caption.clone()).chain(numbered);
            table.caption = names.find(|name| used.insert(name.clone())).unwrap_or(caption.clone());
        };
        for card in self.sections.iter_mut().flat_map(|section| &mut section.cards) {
            if let Picture::Table { table } | Picture::Matrix { table, .. } = &mut card.picture {
                name(table);
            }
            card.below.iter_mut().for_each(&mut name);
            if let Some((title, table)) = &mut card.fold {
                if table.caption == card.title {
                    table.caption = format!("{}: {title}", card.title);
                }
                name(table);
            }
        }
    }

    /// Cuts every table to so many rows, with the words that say so.
    pub fn cut(&mut self, rows_max: usize, say: impl Fn(usize) -> String) {
        let cards = self.sections.iter_mut().flat_map(|section| &mut section.cards);
        for card in cards {
            let drawn = match &mut card.picture {
                Picture::Table { table } | Picture::Matrix { table, .. } => Some(table),
                _ => None,
            };
            for table in
                drawn.into_iter().chain(card.below.iter_mut()).chain(card.fold.iter_mut().map(|(_, table)| table))
            {
                if table.rows.len() > rows_max {
                    table.cut = say(table.rows.len() - rows_max);
                    table.rows.truncate(rows_max);
                }
            }
        }
    }
}
