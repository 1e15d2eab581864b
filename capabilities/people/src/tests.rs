mod acting;
mod entering;
mod filing;
mod imports;
pub(crate) mod kit;
mod leaving;
mod lists;
mod own;
mod pages;
