mod entering;
pub(crate) mod kit;
mod pages;
