//! Writes tonic's client and server for one method, as its own generator does from a `.proto` file; this way needs no
//! `protoc`.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let add = Method::builder()
        .name("add")
        .route_name("Add")
        .input_type("crate::peers::tonic::Add")
        .output_type("crate::peers::tonic::Total")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let cart = Service::builder().name("Cart").package("bench").method(add).build();
    Builder::new().compile(&[cart]);
}
