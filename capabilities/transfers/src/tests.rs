mod batches;
mod deadlines;
mod deciding;
mod kit;
mod pages;
mod pulling;
mod starting;
