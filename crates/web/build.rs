//! Takes the front-end files into the program: compressed, hashed, served from memory.

fn main() {
    memory_serve::load_directory("../../assets");
}
