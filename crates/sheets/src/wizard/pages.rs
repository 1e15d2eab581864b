//! Pages of the wizard.

use web::Routes;

/// Pages of all kinds of import.
pub fn routes() -> Routes {
    Routes::new()
}
