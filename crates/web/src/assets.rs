use axum::Router;
use std::{collections::HashMap, sync::LazyLock};

struct Files {
    manifest: HashMap<String, String>,
}

/// Hashed addresses by plain name, made once.
static FILES: LazyLock<Files> = LazyLock::new(|| {
    let manifest = memory_serve::load!()
        .index_file(None)
        .enable_hashed_routes(true)
        .manifest();
    let manifest = manifest
        .iter()
        .map(|(plain, hashed)| {
            (
                plain.trim_start_matches('/').to_owned(),
                format!("/assets{hashed}"),
            )
        })
        .collect();
    Files { manifest }
});

/// The address of a front-end file: named by its content, so that browsers may keep it for ever.
pub fn asset(name: &str) -> &'static str {
    match FILES.manifest.get(name) {
        Some(address) => address,
        None => {
            debug_assert!(false, "no such asset: {name}");
            "/assets/missing"
        }
    }
}

/// Serves all front-end files below `/assets`; stands outside the compression layer, as they are compressed already.
pub fn assets_router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let files = memory_serve::load!()
        .index_file(None)
        .enable_hashed_routes(true)
        .into_router();
    Router::new().nest_service("/assets", files)
}
