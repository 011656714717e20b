//! A turn that is killed at any step loses nothing, repeats nothing and contradicts nothing.

use proptest::prelude::*;

use super::*;

const REACHES: [Reach; 5] =
    [Reach::Nothing, Reach::Gathered, Reach::Saved, Reach::Published, Reach::Swept];

fn denied(journal: &Journal, numbers: std::ops::Range<u128>) {
    for number in numbers {
        journal.whole(id(number), &opening(), &closing(Outcome::Denied)).unwrap();
    }
}

#[tokio::test]
async fn killed_at_any_step_the_ledger_is_taken_up_again() {
    for reach in REACHES {
        let mut world = World::new().await;
        let journal = world.journal("gw", 20_000);
        denied(&journal, 0..200);
        world.whole_turn().await;
        let earlier = world.checkpoint();
        denied(&journal, 200..300);
        world.turn(reach).await.unwrap();
        world.kill();
        let published = world.checkpoint();
        denied(&journal, 300..301);
        world.whole_turn().await;
        let expected: Vec<(u128, &str)> = (0..301).map(|number| (number, "denied")).collect();
        world.check(&expected).await;
        world.verified(earlier.as_ref());
        world.verified(published.as_ref());
    }
}

#[tokio::test]
async fn what_a_power_loss_tore_before_the_transaction_is_written_anew() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1 << 20);
    denied(&journal, 0..100);
    world.whole_turn().await;
    denied(&journal, 100..300);
    world.turn(Reach::Gathered).await.unwrap();
    world.kill();
    for name in ["tile/0/000", "tile/0/001.p/44", "tile/entries/000", "tile/entries/001.p/44"] {
        let path = world.ledger().join(name);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    }
    world.whole_turn().await;
    let expected: Vec<(u128, &str)> = (0..300).map(|number| (number, "denied")).collect();
    world.check(&expected).await;
}

#[tokio::test]
async fn no_checkpoint_speaks_of_what_the_database_does_not() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1 << 20);
    denied(&journal, 0..3);
    world.turn(Reach::Gathered).await.unwrap();
    assert_eq!(world.checkpoint(), None);
    world.turn(Reach::Saved).await.unwrap();
    assert_eq!(world.checkpoint(), None);
    world.turn(Reach::Published).await.unwrap();
    assert_eq!(world.checkpoint().map(|it| it.size), Some(3));
}

async fn grown() -> World {
    let mut world = World::new().await;
    denied(&world.journal("gw", 1 << 20), 0..300);
    world.whole_turn().await;
    world.kill();
    world
}

async fn refused(world: &World, expected: &str) {
    let fault = world.resume().await.expect_err(expected);
    let source = std::error::Error::source(&fault).map(ToString::to_string).unwrap_or_default();
    let said = format!("{fault} {source}");
    assert!(said.contains(expected), "{said}");
}

#[tokio::test]
async fn a_database_older_than_the_published_checkpoint_is_not_gone_on_with() {
    let world = grown().await;
    let mut tx = world.store.begin().await.unwrap();
    let root = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let sql = "UPDATE ledger SET size = 0, root = $1";
    tx.execute(sql, [root.into()]).await.unwrap();
    tx.save().await.unwrap();
    refused(&world, "the published checkpoint has 300 records, the database 0").await;
}

#[tokio::test]
async fn files_that_are_not_those_of_the_database_are_not_gone_on_with() {
    let tamper = |name: &str, change: fn(&mut Vec<u8>)| {
        let name = name.to_owned();
        move |world: &World| {
            let path = world.ledger().join(&name);
            let mut bytes = fs::read(&path).unwrap();
            change(&mut bytes);
            fs::write(path, bytes).unwrap();
        }
    };
    let check = async |spoil: &dyn Fn(&World), expected: &str| {
        let world = grown().await;
        spoil(&world);
        refused(&world, expected).await;
    };
    check(&tamper("tile/1/000.p/1", |it| it[0] ^= 1), "not those the database speaks of").await;
    check(&tamper("tile/0/001.p/44", |it| it[9] ^= 1), "not those the database speaks of").await;
    check(&tamper("tile/0/001.p/44", |it| it.truncate(9)), "not well-formed").await;
    check(&tamper("tile/entries/001.p/44", |it| it.truncate(9)), "not well-formed").await;
    check(&tamper("checkpoint", |it| it.truncate(9)), "not a signed note").await;
    check(&tamper("checkpoint", |it| it[21] ^= 1), "does not verify").await;
    let gone = |world: &World| fs::remove_dir_all(world.ledger()).unwrap();
    check(&gone, "is missing").await;
}

#[tokio::test]
async fn a_second_sequencer_cannot_grow_the_same_ledger() {
    let mut world = World::new().await;
    let journal = world.journal("gw", 1 << 20);
    denied(&journal, 0..2);
    let mut other = world.resume().await.unwrap();
    other.gather(usize::MAX).unwrap();
    let (mut batch, _) = other.seal().unwrap();
    world.whole_turn().await;
    let saved = progress::save(&world.store, &mut batch, &other.root()).await;
    assert!(matches!(saved, Err(Fault::Corrupt(_))));
    world.check(&[(0, "denied"), (1, "denied")]).await;
}

/// One thing that happens to an installation.
#[derive(Debug, Clone, Copy)]
enum Event {
    Open(usize),
    Close(usize, prop::sample::Index),
    Whole(usize),
    Restart(usize),
    Turn(Reach),
}

const WRITERS: usize = 3;

fn any_event() -> impl Strategy<Value = Event> {
    let writer = || 0..WRITERS;
    prop_oneof![
        6 => writer().prop_map(Event::Open),
        5 => (writer(), any::<prop::sample::Index>())
            .prop_map(|(writer, which)| Event::Close(writer, which)),
        2 => writer().prop_map(Event::Whole),
        1 => writer().prop_map(Event::Restart),
        3 => prop::sample::select(REACHES.to_vec()).prop_map(Event::Turn),
    ]
}

/// Gateways with what each has open, and how every record is to end.
#[derive(Default)]
struct Gateways {
    journals: Vec<(Journal, Vec<u128>)>,
    started: usize,
    records: u128,
    expected: BTreeMap<u128, Vec<String>>,
}

impl Gateways {
    fn start(&mut self, world: &World) -> (Journal, Vec<u128>) {
        self.started += 1;
        (world.journal(&format!("gw-{}", self.started), 1_500), Vec::new())
    }

    async fn happen(&mut self, event: Event, world: &mut World) {
        self.records += 1;
        let number = self.records;
        match event {
            Event::Open(writer) => {
                let (journal, open) = &mut self.journals[writer];
                journal.open(id(number), &opening()).await.unwrap();
                open.push(number);
                self.expected.insert(number, vec!["interrupted".into()]);
            }
            Event::Close(writer, which) => {
                let (journal, open) = &mut self.journals[writer];
                if !open.is_empty() {
                    let number = open.swap_remove(which.index(open.len()));
                    journal.close(id(number), &closing(Outcome::Allowed)).unwrap();
                    self.expected.insert(number, vec!["allowed".into()]);
                }
            }
            Event::Whole(writer) => {
                denied(&self.journals[writer].0, number..number + 1);
                self.expected.insert(number, vec!["denied".into()]);
            }
            Event::Restart(writer) => self.journals[writer] = self.start(world),
            Event::Turn(reach) => {
                let before = world.checkpoint();
                world.turn(reach).await.unwrap();
                if before.is_some() {
                    world.verified(before.as_ref());
                }
            }
        }
    }
}

async fn live_through(events: Vec<Event>) {
    let mut world = World::new().await;
    let mut gateways = Gateways::default();
    for _ in 0..WRITERS {
        let started = gateways.start(&world);
        gateways.journals.push(started);
    }
    for event in events {
        gateways.happen(event, &mut world).await;
    }
    gateways.journals.clear();
    world.whole_turn().await;
    assert_eq!(world.outcomes().await, gateways.expected);
    let size = u64::try_from(gateways.expected.len()).unwrap();
    assert_eq!(world.verified(None).size, size);
    assert!(world.journal_files().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_killed_when_each_record_is_in_the_ledger_once(
        events in proptest::collection::vec(any_event(), 0..60)
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(live_through(events));
    }
}
