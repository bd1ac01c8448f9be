//! Hostile inputs: files that are cut short, overwritten or lie about themselves. The program says what is wrong and
//! publishes nothing, or it publishes something that ties; it never dies.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use signal_hook::consts::SIGABRT;

use crate::faults::Scale;
use crate::support::{House, as_of};

/// Kibibytes of address space: a file that claims to hold gigabytes gets none of them.
const MEMORY_KIB: u64 = 3 * 1024 * 1024;

/// The largest size that the head of a page can state, as Thrift writes it.
const TWO_GIBIBYTES: [u8; 5] = [0xfe, 0xff, 0xff, 0xff, 0x0f];

/// A generated portfolio: rows in every input.
fn house() -> House {
    let house = House::new();
    let made = house.regua(&["demo", "--generate-only", "--invoices", "200", "--dir", "."]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    house
}

fn inputs(house: &House) -> Vec<PathBuf> {
    let found = glob::glob(&house.path("input/*.parquet").to_string_lossy()).expect("a pattern").flatten();
    let mut files: Vec<PathBuf> = found.collect();
    files.sort();
    files
}

/// Runs within a limit of memory.
fn run_limited(house: &House) -> (ExitStatus, String) {
    let script = format!("ulimit -v {MEMORY_KIB}; exec \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_regua"), "run", "pipelines/daily.toml"]);
    let ended = command.args(["--as-of", as_of(), "--output", "text"]).current_dir(house.folder.path()).output();
    let ended = ended.expect("bash");
    (ended.status, String::from_utf8_lossy(&ended.stderr).into_owned())
}

/// Is something published? It is thrown away, for the next try.
fn published(house: &House) -> bool {
    let is_published = house.path("output/_log/00000000000000000001.json").exists();
    let _ = std::fs::remove_dir_all(house.path("output"));
    is_published
}

/// Runs within a limit of memory; whether it published.
fn survives(house: &House, name: &str) -> bool {
    let (status, stderr) = run_limited(house);
    let code = status.code();
    assert!(matches!(code, Some(0 | 3)), "{name}: {status:?} {stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("regua itself"), "{name}: {stderr}");
    assert!(code == Some(0) || stderr.contains("error: "), "{name}: {stderr}");
    let is_published = published(house);
    assert_eq!(is_published, code == Some(0), "{name}");
    is_published
}

#[test]
fn every_input_cut_short_is_refused() {
    let house = house();
    let cuts = if Scale::wanted().seeds > 2 { 8 } else { 1 };
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    for file in inputs(&house) {
        let whole = std::fs::read(&file).expect("bytes");
        let random = (0..cuts).map(|_| dice.random_range(8..whole.len() - 1));
        for length in [0, whole.len() - 1].into_iter().take(if cuts > 1 { 2 } else { 0 }).chain(random) {
            std::fs::write(&file, &whole[..length]).expect("written");
            let name = format!("{} cut to {length} of {}", file.display(), whole.len());
            assert!(!survives(&house, &name), "{name}: half an input is no input");
        }
        std::fs::write(&file, &whole).expect("mended");
    }
    assert!(survives(&house, "whole"));
}

/// Sizes, counts and offsets stand in the head of a page and in the footer: bytes there are overwritten at random.
#[test]
fn an_input_that_lies_about_itself_is_survived() {
    let house = house();
    let scale = Scale::wanted();
    let rounds = if scale.seeds > 2 { 200 } else { 12 };
    let mut dice = ChaCha8Rng::seed_from_u64(5);
    let files = inputs(&house);
    let mut published = 0;
    for round in 0..rounds {
        let file = &files[dice.random_range(0..files.len())];
        let whole = std::fs::read(file).expect("bytes");
        let mut bytes = whole.clone();
        let footer = bytes.len().saturating_sub(600);
        for _ in 0..dice.random_range(1..4) {
            let at =
                if dice.random_bool(0.5) { dice.random_range(4..40) } else { dice.random_range(footer..bytes.len()) };
            bytes[at] = [0xff, 0x80, 0x7f, 0x00, dice.random()][dice.random_range(0..5)];
        }
        std::fs::write(file, &bytes).expect("written");
        published += usize::from(survives(&house, &format!("round {round}, {}", file.display())));
        std::fs::write(file, &whole).expect("mended");
    }
    println!("faults: inputs that lie about themselves: {rounds} tried, {published} of them read as whole, no crash");
}

/// A Parquet file in two parts: the pages, and the footer that says where they are.
struct Forged {
    pages: Vec<u8>,
    footer: ParquetMetaData,
}

impl Forged {
    fn of(file: &Path) -> Forged {
        let bytes = std::fs::read(file).expect("bytes");
        let footer = ParquetMetaDataReader::new().parse_and_finish(&bytes::Bytes::from(bytes.clone()));
        let footer_length = u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().expect("four bytes"));
        let end = bytes.len() - 8 - footer_length as usize;
        Forged { pages: bytes[..end].to_vec(), footer: footer.expect("a footer") }
    }

    /// Writes the pages with a footer of these row groups.
    fn write(&self, file: &Path, row_groups: Vec<RowGroupMetaData>) {
        let rows = row_groups.iter().map(RowGroupMetaData::num_rows).sum();
        let (old, mut bytes) = (self.footer.file_metadata(), self.pages.clone());
        let descriptor = old.schema_descr_ptr();
        let (key_values, orders) = (old.key_value_metadata().cloned(), old.column_orders().cloned());
        let metadata = FileMetaData::new(old.version(), rows, None, key_values, descriptor, orders);
        let footer = ParquetMetaData::new(metadata, row_groups);
        ParquetMetaDataWriter::new(&mut bytes, &footer).finish().expect("a footer");
        std::fs::write(file, bytes).expect("written");
    }

    /// The same with other bytes at the head of its first page, and the footer moved along.
    fn with_first_page(&self, head: impl FnOnce(&mut Vec<u8>)) -> (Forged, Vec<RowGroupMetaData>) {
        let mut pages = self.pages.clone();
        head(&mut pages);
        let moved = pages.len() as i64 - self.pages.len() as i64;
        let shifted = |at: usize, column: &ColumnChunkMetaData| {
            let by = if at == 0 { 0 } else { moved };
            let size = column.compressed_size() + moved - by;
            let builder = column.clone().into_builder().set_total_compressed_size(size);
            let builder = builder.set_dictionary_page_offset(column.dictionary_page_offset().map(|o| o + by));
            let data = column.data_page_offset() + if column.dictionary_page_offset().is_some() { moved } else { by };
            builder.set_data_page_offset(data).build().expect("a column")
        };
        let groups = self.footer.row_groups().iter().map(|group| {
            let columns = group.columns().iter().enumerate().map(|(at, column)| shifted(at, column)).collect();
            group.clone().into_builder().set_column_metadata(columns).build().expect("a row group")
        });
        (Forged { pages, footer: self.footer.clone() }, groups.collect())
    }
}

/// As in 42.parquet: a few pages that the footer names again and again, until they are a portfolio of billions.
#[test]
fn a_bomb_of_repeated_pages_is_refused() {
    let house = House::of_one_invoice();
    let file = house.path("input/payments.parquet");
    let rows: String = (0..1_000).map(|_| "\nP1 D1 I1 2026-06-01 10.00").collect();
    house.write("payments", &format!("payment_id debtor_id invoice_id paid_on amount{rows}"));
    let forged = Forged::of(&file);
    let group = forged.footer.row_group(0).clone();
    let mut bomb = Vec::new();
    for ordinal in 0..20_000 {
        bomb.push(group.clone().into_builder().set_num_rows(1_000_000).set_ordinal(ordinal).build().expect("a group"));
    }
    forged.write(&file, bomb);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("it claims 20000000000 rows in"), "{}", ended.stderr);
}

/// A page that says it is 2 GiB long is refused: its file is shorter. For one that says it holds as much once it is
/// unpacked the decoder makes room; where the limit has none the process ends, and nothing is half published.
#[test]
fn a_page_of_two_gibibytes_is_survived() {
    let house = house();
    for file in inputs(&house) {
        let whole = std::fs::read(&file).expect("bytes");
        let forged = Forged::of(&file);
        if forged.footer.num_row_groups() == 0 {
            continue;
        }
        // The head of a page in Thrift's compact form: type, unpacked size and packed size, each after its field's tag.
        let after_type = 4 + 3;
        let next = |pages: &[u8], at: usize| at + pages[at..].iter().position(|b| b & 0x80 == 0).expect("a number") + 1;
        for is_packed in [false, true] {
            let (bomb, groups) = forged.with_first_page(|pages| {
                let begin = if is_packed { next(pages, after_type) + 1 } else { after_type };
                let end = next(pages, begin);
                pages.splice(begin..end, TWO_GIBIBYTES);
            });
            bomb.write(&file, groups);
            let name = format!("{} packed {is_packed}", file.display());
            if is_packed {
                assert!(!survives(&house, &name), "{name}: no page is that long");
                continue;
            }
            let (status, stderr) = run_limited(&house);
            let is_out_of_memory = status.signal() == Some(SIGABRT) && stderr.contains("memory allocation of");
            assert!(is_out_of_memory || matches!(status.code(), Some(0 | 3)), "{name}: {status:?} {stderr}");
            assert_eq!(published(&house), status.success(), "{name}");
        }
        std::fs::write(&file, &whole).expect("mended");
    }
    assert!(survives(&house, "whole"));
}

/// The decoder took it for granted that a store gives as many bytes as it is asked for, and panicked.
#[test]
fn a_column_that_is_longer_than_its_file_is_refused() {
    let house = house();
    let file = house.path("input/invoices.parquet");
    let forged = Forged::of(&file);
    let group = forged.footer.row_group(0).clone();
    let mut columns = group.columns().to_vec();
    let length = 10 * forged.pages.len() as i64;
    columns[0] = columns[0].clone().into_builder().set_total_compressed_size(length).build().expect("a column");
    forged.write(&file, vec![group.into_builder().set_column_metadata(columns).build().expect("a row group")]);
    assert!(!survives(&house, "a long column"));
}
