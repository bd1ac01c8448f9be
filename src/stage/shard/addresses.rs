//! What is known of an address across the whole portfolio: opt-outs, complaints and bounces belong to the address and
//! apply wherever it appears. A head office and its branches share an inbox, and one opt-out from it is enough.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};
use foldhash::{HashMap, HashSet};

use super::columns::{failed, replaced, with_column};
use super::hash_of;
use super::segments::{Records, RecordsWriter};
use crate::domain::address::{address_key, is_address, mentioned};
use crate::domain::names::is_placeholder;
use crate::domain::procedure::Channel;
use crate::error::Result;
use crate::stage::Silence;

/// What is known of addresses, by their hashes.
#[derive(Debug, Default)]
pub(super) struct AddressBook {
    opted_out: HashSet<u64>,
    /// Somebody else's.
    wrong: HashSet<u64>,
    /// On one channel: where nothing arrives, and where nothing may be sent. A number without SMS can be called.
    bounced: HashSet<u64>,
    without_consent: HashSet<u64>,
    /// Debtor and channel of a contact point that is opted out and names no plain address.
    silent: HashSet<u64>,
}

/// Where an action went, and the debtor (its hash) and group that it was for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Destination {
    address: Option<u64>,
    channel: Option<Channel>,
    debtor: Option<u64>,
    group_key: i64,
}

/// Where actions went.
#[derive(Default)]
pub(super) struct Destinations {
    /// By the hash of the action.
    of_action: HashMap<u64, Destination>,
    /// By debtor and channel.
    of_debtor: HashMap<u64, Vec<u64>>,
}

impl Destinations {
    /// Was it published?
    pub(super) fn knows(&self, action_id: &str) -> bool {
        self.of(action_id).is_some()
    }

    fn of(&self, action_id: &str) -> Option<&Destination> {
        self.of_action.get(&hash_of(action_id))
    }
}

/// The book while the contact log is read.
pub(super) struct AddressReader<'a> {
    /// Action (its hash) = where it went.
    destinations: &'a Destinations,
    opted_out: HashSet<u64>,
    /// Somebody else's: nothing that arrives there makes it a good one.
    wrong: HashSet<u64>,
    /// The last bounce of each address on a channel, in microseconds.
    bounced_at: HashMap<u64, i64>,
    /// Address on a channel and instant of whatever arrived; read again for the few addresses that bounced.
    reached: RecordsWriter<2>,
    /// Debtor and channel on which it asked for silence without saying at which address.
    silent: HashSet<u64>,
}

/// What the events of a contact log say.
pub(super) struct AddressEvents {
    opted_out: HashSet<u64>,
    wrong: HashSet<u64>,
    bounced_at: HashMap<u64, i64>,
    reached: Records<2>,
    pub(super) silent: HashSet<u64>,
}

/// An address, however it is written.
pub(super) fn address_hash(channel: &str, address: &str) -> u64 {
    hash_of(&address_key(channel, address))
}

/// An address as one channel reaches it.
fn on_channel(channel: &str, address: u64) -> u64 {
    hash_of(&format!("{channel}\n{address}"))
}

fn text<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>())
}

fn value(column: Option<&StringArray>, row: usize) -> Option<&str> {
    column.filter(|c| c.is_valid(row)).map(|c| c.value(row))
}

/// Adds where published actions went, and whose they were.
pub(super) fn add_destinations(batch: &RecordBatch, group_keys: &[i64], destinations: &mut Destinations) {
    let [ids, channels, addresses, debtors] =
        ["action_id", "channel", "destination", "debtor_id"].map(|name| text(batch, name));
    for (row, group_key) in group_keys.iter().enumerate() {
        let channel = value(channels, row);
        let address = channel.zip(value(addresses, row)).map(|(channel, address)| address_hash(channel, address));
        let (channel_of, debtor) = (channel.and_then(Channel::parse), value(debtors, row).map(hash_of));
        let destination = Destination { address, channel: channel_of, debtor, group_key: *group_key };
        destinations.of_action.extend(value(ids, row).map(|id| (hash_of(id), destination)));
        if let (Some(address), Some((debtor, channel))) = (address, value(debtors, row).zip(channel)) {
            let known = destinations.of_debtor.entry(reach_hash(debtor, channel)).or_default();
            if !known.contains(&address) {
                known.push(address);
            }
        }
    }
}

/// What a text says as it stands, and every address that it mentions.
fn hashes_in(channel: &str, text: &str) -> Vec<u64> {
    let mentioned = mentioned(channel, text).into_iter().map(|address| address_hash(channel, &address));
    mentioned.chain([address_hash(channel, text)]).collect()
}

/// Debtor and channel, in one number.
fn reach_hash(debtor: &str, channel: &str) -> u64 {
    hash_of(&format!("{debtor}\n{channel}"))
}

/// Adds who has the addresses that are sought, by hashes.
pub(super) fn add_debtors_at(points: &RecordBatch, sought: &HashSet<u64>, found: &mut HashMap<u64, HashSet<u64>>) {
    if sought.is_empty() {
        return;
    }
    let [debtors, channels, addresses] = ["debtor_id", "channel", "address"].map(|name| text(points, name));
    for row in 0..points.num_rows() {
        let Some((channel, address)) = value(channels, row).zip(value(addresses, row)) else { continue };
        let address = address_hash(channel, address);
        if let Some(debtor) = value(debtors, row).filter(|_| sought.contains(&address)) {
            found.entry(address).or_default().insert(hash_of(debtor));
        }
    }
}

impl<'a> AddressReader<'a> {
    pub(super) fn new(folder: &Path, destinations: &'a Destinations) -> Result<AddressReader<'a>> {
        let reached = RecordsWriter::create(folder, "reached", 1)?;
        Ok(AddressReader {
            destinations,
            opted_out: HashSet::default(),
            wrong: HashSet::default(),
            bounced_at: HashMap::default(),
            reached,
            silent: HashSet::default(),
        })
    }

    /// Takes down what a batch of the contact log says of addresses, and adds whether it is known which was meant.
    pub(super) fn read(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let [channels, addresses, actions, statuses, debtors] =
            ["channel", "address", "action_id", "status", "debtor_id"].map(|name| text(batch, name));
        let instants =
            batch.column_by_name("occurred_at").and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
        let mut is_known = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let channel = value(channels, row);
            let stated = channel.zip(value(addresses, row));
            let action = value(actions, row).and_then(|id| self.destinations.of(id));
            // A provider that fell back to another channel wrote to another address.
            let of_action =
                action.filter(|to| to.channel == channel.and_then(Channel::parse)).and_then(|to| to.address);
            let status = value(statuses, row).unwrap_or_default();
            let asks_for_silence = matches!(status, "opted_out" | "complained");
            let own = stated.filter(|(channel, text)| is_address(channel, text));
            let own = own.map(|(channel, text)| address_hash(channel, text));
            if asks_for_silence {
                // Written from another mailbox, it is meant for the one that was written to as well; and what is
                // written oddly for whatever it mentions.
                let spelt = stated.map(|(channel, text)| hashes_in(channel, text)).unwrap_or_default();
                self.opted_out.extend(spelt.into_iter().chain(own).chain(action.and_then(|to| to.address)));
            }
            // What is written oddly may mean any address, of the action first of all, unless the row names somebody else.
            let address = own.or(of_action);
            is_known.push(address.is_some());
            let is_elsewhere = own.is_none() && self.names_another(actions, debtors, row);
            let asked_by = value(debtors, row).zip(channel);
            if let Some((debtor, channel)) =
                asked_by.filter(|_| asks_for_silence && (address.is_none() || is_elsewhere))
            {
                let reach = reach_hash(debtor, channel);
                // And where it was written to, though it may have another id by now.
                self.opted_out.extend(self.destinations.of_debtor.get(&reach).into_iter().flatten());
                self.silent.insert(reach);
            }
            let (Some(address), Some(instants)) = (address, instants) else { continue };
            let at = instants.value(row);
            match status {
                "wrong_party" => self.wrong.extend([address].into_iter().chain(of_action)),
                "bounced" => {
                    let last = self.bounced_at.entry(on_channel(channel.unwrap_or_default(), address)).or_insert(at);
                    *last = at.max(*last);
                }
                "delivered" | "read" | "replied" | "answered" | "promised" | "disputed" => {
                    self.reached.push(0, [on_channel(channel.unwrap_or_default(), address), at as u64])?;
                }
                _ => {}
            }
        }
        with_column(batch, "has_address", Arc::new(BooleanArray::from(is_known)))
    }

    pub(super) fn finish(self) -> Result<AddressEvents> {
        let AddressReader { opted_out, wrong, bounced_at, reached, silent, .. } = self;
        Ok(AddressEvents { opted_out, wrong, bounced_at, reached: reached.finish()?, silent })
    }

    /// Does an event name another debtor than the action that it is of?
    fn names_another(&self, actions: Option<&StringArray>, debtors: Option<&StringArray>, row: usize) -> bool {
        let of_action = value(actions, row).and_then(|id| self.destinations.of(id)?.debtor);
        of_action.zip(value(debtors, row)).is_some_and(|(debtor, own)| debtor != hash_of(own))
    }

    /// The events of actions for other debtors than stand in their rows, each with its place: they count for those as well,
    /// unless nothing arrived. Their rows say so, so that no figure counts a contact twice.
    pub(super) fn echoes(&self, batch: &RecordBatch) -> Result<(RecordBatch, RecordBatch, Vec<usize>)> {
        let [actions, debtors, addresses, statuses] =
            ["action_id", "debtor_id", "address", "status"].map(|name| text(batch, name));
        let is_echo = |is_echo: bool, rows: usize| -> ArrayRef { Arc::new(BooleanArray::from(vec![is_echo; rows])) };
        let arrived = |row: &usize| !matches!(value(statuses, *row), Some("bounced" | "failed" | "ignored"));
        let rows = (0..batch.num_rows()).filter(|row| self.names_another(actions, debtors, *row));
        let rows: Vec<usize> = rows.filter(arrived).collect();
        let own = with_column(batch, "is_echo", is_echo(false, batch.num_rows()))?;
        let taken = UInt32Array::from_iter_values(rows.iter().map(|row| *row as u32));
        let echoes = take_record_batch(batch, &taken).map_err(failed)?;
        let echoes = with_column(&echoes, "is_echo", is_echo(true, rows.len()))?;
        // What is known of the address is that of the action; and an echo is no copy of its event.
        let known: BooleanArray = rows.iter().map(|row| Some(value(addresses, *row).is_some())).collect();
        let echoes = replaced(&echoes, "has_address", Arc::new(known))?;
        let keys = echoes.column_by_name("key_hash").and_then(|c| c.as_primitive_opt::<Int64Type>());
        let keys = keys.map(|keys| keys.unary::<_, Int64Type>(|key| !key));
        let echoes = keys.map_or(Ok(echoes.clone()), |keys| replaced(&echoes, "key_hash", Arc::new(keys)))?;
        Ok((own, echoes, rows))
    }

    /// An event of an action travels with it, whoever stands in its row.
    pub(super) fn travel(&self, batch: &RecordBatch, group_keys: &mut [i64]) {
        let actions = text(batch, "action_id");
        for (row, key) in group_keys.iter_mut().enumerate() {
            let of_action = value(actions, row).and_then(|id| self.destinations.of(id));
            *key = of_action.map_or(*key, |to| to.group_key);
        }
    }
}

impl AddressEvents {
    /// What holds at the end: an address that was reached after its last bounce is a good one again.
    pub(super) fn enter(mut self, book: &mut AddressBook) -> Result<()> {
        if !self.bounced_at.is_empty() {
            self.reached.for_each(0, |[address, at]| {
                if self.bounced_at.get(&address).is_some_and(|bounced_at| *bounced_at < at as i64) {
                    self.bounced_at.remove(&address);
                }
            })?;
        }
        book.opted_out.extend(self.opted_out);
        book.bounced.extend(self.bounced_at.into_keys());
        book.wrong.extend(self.wrong);
        Ok(())
    }
}

impl AddressBook {
    /// What the addresses themselves say, as of a day; an address of a debtor that asked for silence on its channel,
    /// without saying where, is silent for everybody.
    pub(super) fn read_points(&mut self, batch: &RecordBatch, as_of_day: i32, silent: &HashSet<u64>) {
        let [channels, addresses, debtors] = ["channel", "address", "debtor_id"].map(|name| text(batch, name));
        let flags = |name: &str| batch.column_by_name(name).and_then(|c| c.as_boolean_opt());
        let (opted_in, valid) = (flags("opted_in"), flags("is_valid"));
        let opted_out_on = batch.column_by_name("opted_out_on").and_then(|c| c.as_primitive_opt::<Date32Type>());
        let is_false = |flags: Option<&BooleanArray>, row| flags.is_some_and(|f| f.is_valid(row) && !f.value(row));
        for row in 0..batch.num_rows() {
            let opted_out = opted_out_on.is_some_and(|on| on.is_valid(row) && on.value(row) <= as_of_day);
            let reach = value(debtors, row).zip(value(channels, row)).filter(|_| !silent.is_empty());
            let is_silent = reach.is_some_and(|(debtor, channel)| silent.contains(&reach_hash(debtor, channel)));
            let (is_out, is_without_consent) = (opted_out || is_silent, is_false(opted_in, row));
            let is_wrong = is_false(valid, row);
            let says_so = is_out || is_without_consent || is_wrong;
            let Some(channel) = value(channels, row).filter(|_| says_so) else { continue };
            let address = value(addresses, row);
            // Without consent where there is no address says nothing of the others.
            let names_one = address.is_some_and(|text| !is_placeholder(text));
            let asks = opted_out || (names_one && is_without_consent);
            if asks && !address.is_some_and(|text| is_address(channel, text)) {
                self.silent.extend(value(debtors, row).map(|debtor| reach_hash(debtor, channel)));
            }
            let Some(address) = address else { continue };
            let here = |address: u64| on_channel(channel, address);
            if is_out {
                self.opted_out.extend(hashes_in(channel, address));
            }
            if is_without_consent {
                self.without_consent.extend(hashes_in(channel, address).into_iter().map(here));
            }
            self.bounced.extend(is_wrong.then(|| here(address_hash(channel, address))));
        }
    }

    /// Adds what is known of each address in a batch of contact points.
    pub(super) fn mark(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let [channels, addresses, debtors] = ["channel", "address", "debtor_id"].map(|name| text(batch, name));
        let point = |row| value(channels, row).zip(value(addresses, row));
        let hashes = |row| {
            let (channel, text) = point(row)?;
            let address = address_hash(channel, text);
            Some((address, on_channel(channel, address)))
        };
        let is_silent = |row| {
            let reach = value(debtors, row).zip(value(channels, row)).filter(|_| !self.silent.is_empty());
            reach.is_some_and(|(debtor, channel)| self.silent.contains(&reach_hash(debtor, channel)))
        };
        let is_one = |row| point(row).is_some_and(|(channel, text)| is_address(channel, text));
        let (mut opted_out, mut closed) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            let hashes = hashes(row);
            let is = |known: &HashSet<u64>, here: &HashSet<u64>| {
                hashes.is_some_and(|(address, reach)| known.contains(&address) || here.contains(&reach))
            };
            opted_out.push(is(&self.opted_out, &self.without_consent) || is_silent(row));
            // What is no address is as good as one that bounces.
            closed.push(is(&self.wrong, &self.bounced) || !is_one(row));
        }
        let (opted_out, closed) = (BooleanArray::from(opted_out), BooleanArray::from(closed));
        let batch = with_column(batch, "address_opted_out", Arc::new(opted_out))?;
        with_column(&batch, "address_bounced", Arc::new(closed))
    }

    /// A row that cannot be read may ask for silence: at its address, on every channel where it names none that is known, and where
    /// its action went.
    pub(super) fn silence(&mut self, silence: &Silence, destinations: &Destinations) {
        if let Some(address) = &silence.address {
            let named =
                silence.channel.as_deref().and_then(|name| Channel::ALL.into_iter().find(|c| c.as_str() == name));
            let channels = named.map_or(Channel::ALL.to_vec(), |channel| vec![channel]);
            self.opted_out.extend(channels.iter().flat_map(|channel| hashes_in(channel.as_str(), address.expose())));
        }
        let action = silence.action_id.as_deref().and_then(|id| destinations.of(id));
        self.opted_out.extend(action.and_then(|to| to.address));
    }

    pub(super) fn merge(&mut self, other: AddressBook) {
        self.opted_out.extend(other.opted_out);
        self.wrong.extend(other.wrong);
        self.bounced.extend(other.bounced);
        self.without_consent.extend(other.without_consent);
        self.silent.extend(other.silent);
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::ArrayRef;

    use super::*;

    #[test]
    fn an_opt_out_from_another_mailbox_silences_the_one_that_was_written_to_as_well() {
        let address = Some(address_hash("email", "ap@group.example"));
        let destination = Destination { address, channel: Some(Channel::Email), debtor: None, group_key: 0 };
        let destinations =
            Destinations { of_action: HashMap::from_iter([(hash_of("A1"), destination)]), ..Destinations::default() };
        let folder = tempfile::tempdir().unwrap();
        let column = |values: &[Option<&str>]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        let log = [
            ("action_id", column(&[Some("A1"), None, Some("A1")]), true),
            ("channel", column(&[Some("email"); 3]), true),
            ("address", column(&[Some("Boss@group.example"), Some("c@group.example"), Some("d@group.example")]), true),
            ("status", column(&[Some("opted_out"), Some("complained"), Some("delivered")]), true),
        ];
        let mut reader = AddressReader::new(folder.path(), &destinations).unwrap();
        reader.read(&RecordBatch::try_from_iter_with_nullable(log).unwrap()).unwrap();
        let mut book = AddressBook::default();
        reader.finish().unwrap().enter(&mut book).unwrap();
        let silent = |address| book.opted_out.contains(&address_hash("email", address));
        assert_eq!(
            ["ap@group.example", "boss@group.example", "C@group.example", "d@group.example"].map(silent),
            [true, true, true, false]
        );
    }

    /// Whoever is called and is somebody else gets no message there, and who has no SMS may be called.
    #[test]
    fn one_number_is_one_address_on_every_channel_that_reaches_it() {
        let destinations = Destinations::default();
        let folder = tempfile::tempdir().unwrap();
        let column = |values: &[&str]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        let instants: ArrayRef =
            Arc::new(arrow::array::TimestampMicrosecondArray::from(vec![0; 3]).with_timezone("UTC"));
        let log = [
            ("channel", column(&["phone", "sms", "sms"])),
            ("address", column(&["+55 11 90000-0001", "+55 11 90000-0002", "+55 11 90000-0003"])),
            ("status", column(&["wrong_party", "opted_out", "bounced"])),
            ("occurred_at", instants),
        ];
        let mut reader = AddressReader::new(folder.path(), &destinations).unwrap();
        reader.read(&RecordBatch::try_from_iter(log).unwrap()).unwrap();
        let mut book = AddressBook::default();
        reader.finish().unwrap().enter(&mut book).unwrap();
        let points = [
            ("debtor_id", column(&["D1"; 5])),
            ("channel", column(&["whatsapp", "phone", "sms", "whatsapp", "sms"])),
            ("address", column(&["5511900000001", "11 90000-0002", "11 90000-0003", "11 90000-0003", "11 90000-0004"])),
        ];
        let marked = book.mark(&RecordBatch::try_from_iter(points).unwrap()).unwrap();
        let flags = |name: &str| marked.column_by_name(name).unwrap().as_boolean().iter().flatten().collect::<Vec<_>>();
        assert_eq!(flags("address_opted_out"), [false, true, false, false, false]);
        assert_eq!(flags("address_bounced"), [true, false, true, false, false]);
    }
}
