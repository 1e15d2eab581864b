//! Journeys through the wired program, in a real Chromium: what people come for, from the first page to the last row.
//!
//! Each begins on the fake league of the test kit with the few people it needs, under the fixed clock; the program's own
//! workers run beside it. Names contain `browser`, so that `./test --fast` can leave them out.

mod building;
mod coming;
mod crawl;
mod dates;
mod founding;
mod killing;
mod moving;
mod passkeys;
mod process;
mod rivals;
mod roster;
mod sheet;
mod signing_in;
mod stage;
mod unscripted;
mod waiting;
mod wizard;
