//! Pictures people upload (SEC-32): JPEG or PNG by content, measured before they are decoded, turned upright, made no larger
//! than needed and written anew, so that neither a place nor a script travels in them.

use base::{Error, Result};
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
};
use std::io::Cursor;

/// Pixels a picture may have (`up.image.max`).
const PIXELS: u64 = 50_000_000;
/// Longest side of what is kept.
const SIDE: u32 = 1_800;
const QUALITY: u8 = 82;

/// What an upload field takes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Name of the field, for the refusal.
    pub field: &'static str,
    /// What the picture is called: `照片`, `身份证人像面`.
    pub label: &'static str,
    /// Most bytes as uploaded.
    pub bytes: usize,
}

impl Bounds {
    fn refuse(&self, code: &'static str, words: &str) -> Error {
        Error::refused_at(self.field, code, format!("{}{words}", self.label))
    }
}

/// The picture as it is kept: a fresh JPEG. Decoding takes a processor a while, so it happens beside the requests.
pub async fn clean(bytes: bytes::Bytes, bounds: Bounds) -> Result<Vec<u8>> {
    if bytes.len() > bounds.bytes {
        let most = bounds.bytes / (1024 * 1024);
        return Err(bounds.refuse(
            "picture.large",
            &format!("不能超过{most}MB，请压缩或重新拍摄后再上传"),
        ));
    }
    tokio::task::spawn_blocking(move || clean_now(&bytes, bounds))
        .await
        .map_err(anyhow::Error::from)?
}

fn clean_now(bytes: &[u8], bounds: Bounds) -> Result<Vec<u8>> {
    let form = || bounds.refuse("picture.form", "须为JPG或PNG图片，请重新选择");
    let broken = || {
        bounds.refuse(
            "picture.broken",
            "打不开，文件可能没有传完整，请重新拍摄后上传",
        )
    };
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(anyhow::Error::from)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png)) {
        return Err(form());
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(PIXELS * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| broken())?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(bounds.refuse("picture.pixels", "超过5000万像素，请用普通拍照模式重新拍摄"));
    }
    let upright = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| broken())?;
    if let Some(turn) = upright {
        picture.apply_orientation(turn);
    }
    if width.max(height) > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, QUALITY)
        .encode_image(&picture.to_rgb8())
        .map_err(anyhow::Error::from)?;
    Ok(out)
}

/// An invented picture for tests and demonstrations: a plain PNG of this size.
pub fn plain(width: u32, height: u32) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(
        width,
        height,
        image::Rgb([198, 214, 204]),
    ));
    // Writing into memory has nothing to fail at.
    let _ = picture.write_to(&mut out, ImageFormat::Png);
    out.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        field: "photo",
        label: "照片",
        bytes: 2 * 1024 * 1024,
    };

    fn refusal(bytes: &[u8]) -> String {
        clean_now(bytes, BOUNDS).unwrap_err().to_string()
    }

    #[test]
    fn sec_32_a_picture_is_read_by_content_and_written_anew() {
        let mut png = plain(40, 30);
        png.extend_from_slice(b"GPS 23.1 113.3");
        let kept = clean_now(&png, BOUNDS).unwrap();
        assert_eq!(&kept[..3], &[0xff, 0xd8, 0xff], "a JPEG");
        assert!(!kept.windows(3).any(|w| w == b"GPS"));
        assert!(refusal(b"%PDF-1.7 photo.jpg").contains("须为JPG或PNG"));
        assert!(refusal(b"GIF89a....").contains("须为JPG或PNG"));
        assert!(refusal(&png[..60]).contains("没有传完整"));
    }

    #[test]
    fn sec_32_large_pictures_are_made_smaller_and_bombs_are_not_opened() {
        let kept = clean_now(&plain(3_600, 900), BOUNDS).unwrap();
        let size = image::load_from_memory(&kept).unwrap();
        assert_eq!((size.width(), size.height()), (1_800, 450));
        assert!(refusal(&plain(10_000, 5_001)).contains("超过5000万像素"));
    }

    #[tokio::test]
    async fn sec_32_the_limit_of_bytes_is_the_limit() {
        let bytes = vec![0; BOUNDS.bytes + 1];
        let said = clean(bytes.clone().into(), BOUNDS).await.unwrap_err();
        assert!(said.to_string().contains("不能超过2MB"), "{said}");
        // One byte less is looked at, and refused for what it is.
        let said = clean(bytes[1..].to_vec().into(), BOUNDS).await.unwrap_err();
        assert!(said.to_string().contains("须为JPG或PNG"), "{said}");
    }
}
