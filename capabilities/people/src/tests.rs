mod acting;
mod entering;
mod imports;
pub(crate) mod kit;
mod lists;
mod own;
mod pages;
