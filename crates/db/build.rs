//! The migrations are taken into the program: a new file makes it anew.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
