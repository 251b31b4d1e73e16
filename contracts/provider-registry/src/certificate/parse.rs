//! Walks the DER of a certificate (RFC 5280, section 4.1). Nothing is judged here beyond its form.

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, OctetStringRef, UintRef, UtcTime};
use der::{Decode, ErrorKind, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::CertificateError;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// RFC 5280, 4.1.2.2.
const MAX_SERIAL_BYTES: usize = 20;

pub struct Certificate<'a> {
    /// The signed part, with its tag and length.
    pub tbs: &'a [u8],
    /// 1, 2 or 3.
    pub version: u32,
    pub inner_algorithm: Algorithm<'a>,
    pub outer_algorithm: Algorithm<'a>,
    /// With tag and length, as are the subject's.
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    /// Seconds since the epoch.
    pub not_before: u64,
    pub not_after: u64,
    pub key: PublicKey<'a>,
    pub extensions: Vec<Extension<'a>>,
    pub signature: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Algorithm<'a> {
    pub oid: ObjectIdentifier,
    pub parameters: Option<AnyRef<'a>>,
}

pub struct PublicKey<'a> {
    /// The subject's public key info with tag and length.
    pub raw: &'a [u8],
    pub algorithm: Algorithm<'a>,
    pub bytes: &'a [u8],
}

pub struct Extension<'a> {
    pub oid: ObjectIdentifier,
    pub critical: bool,
    pub value: &'a [u8],
}

impl<'a> Certificate<'a> {
    pub fn parse(der: &'a [u8]) -> Result<Self, CertificateError> {
        let mut reader = SliceReader::new(der)?;
        let body = contents(&mut reader, Tag::Sequence)?;
        if !reader.is_finished() {
            let got = u32::from(reader.remaining_len()) as usize;
            return Err(CertificateError::TrailingBytes { got });
        }
        let mut body = SliceReader::new(body)?;
        let tbs = body.tlv_bytes()?;
        let outer_algorithm = Algorithm::read(&mut body)?;
        let signature = whole_bytes(&mut body)?;
        body.finish(())?;
        Ok(Self::tbs(tbs, outer_algorithm, signature)?)
    }

    fn tbs(raw: &'a [u8], outer_algorithm: Algorithm<'a>, signature: &'a [u8]) -> der::Result<Self> {
        let mut outer = SliceReader::new(raw)?;
        let mut tbs = SliceReader::new(contents(&mut outer, Tag::Sequence)?)?;

        let version = match tagged(&mut tbs, 0)? {
            Some(field) => version(field)?,
            None => 1,
        };
        let serial = UintRef::decode(&mut tbs)?;
        if serial.as_bytes().len() > MAX_SERIAL_BYTES {
            return Err(ErrorKind::Length { tag: Tag::Integer }.into());
        }
        let inner_algorithm = Algorithm::read(&mut tbs)?;
        let issuer = tbs.tlv_bytes()?;
        let mut times = SliceReader::new(contents(&mut tbs, Tag::Sequence)?)?;
        let (not_before, not_after) = (time(&mut times)?, time(&mut times)?);
        times.finish(())?;
        let subject = tbs.tlv_bytes()?;
        let key = PublicKey::read(&mut tbs)?;
        let extensions = match tagged(&mut tbs, 3)? {
            Some(field) => extensions(field)?,
            None => vec![],
        };
        // Unique identifiers, which RFC 5280 forbids conforming certificates to carry, end up here.
        tbs.finish(())?;
        Ok(Self {
            tbs: raw,
            version,
            inner_algorithm,
            outer_algorithm,
            issuer,
            subject,
            not_before,
            not_after,
            key,
            extensions,
            signature,
        })
    }
}

impl<'a> Algorithm<'a> {
    fn read(reader: &mut SliceReader<'a>) -> der::Result<Self> {
        let mut fields = SliceReader::new(contents(reader, Tag::Sequence)?)?;
        let oid = ObjectIdentifier::decode(&mut fields)?;
        let parameters = if fields.is_finished() { None } else { Some(AnyRef::decode(&mut fields)?) };
        fields.finish(Self { oid, parameters })
    }
}

impl<'a> PublicKey<'a> {
    fn read(reader: &mut SliceReader<'a>) -> der::Result<Self> {
        let raw = reader.tlv_bytes()?;
        let mut outer = SliceReader::new(raw)?;
        let mut fields = SliceReader::new(contents(&mut outer, Tag::Sequence)?)?;
        let algorithm = Algorithm::read(&mut fields)?;
        let bytes = whole_bytes(&mut fields)?;
        fields.finish(Self { raw, algorithm, bytes })
    }
}

/// The value of the next element, which must have this tag.
fn contents<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> der::Result<&'a [u8]> {
    let element = AnyRef::decode(reader)?;
    element.tag().assert_eq(tag)?;
    Ok(element.value())
}

/// The content of an explicitly tagged field, where it is next.
fn tagged<'a>(reader: &mut SliceReader<'a>, number: u8) -> der::Result<Option<&'a [u8]>> {
    if reader.is_finished() {
        return Ok(None);
    }
    let wanted = Tag::ContextSpecific { constructed: true, number: TagNumber::new(number) };
    if reader.peek_tag()? != wanted {
        return Ok(None);
    }
    Ok(Some(contents(reader, wanted)?))
}

fn version(field: &[u8]) -> der::Result<u32> {
    let mut reader = SliceReader::new(field)?;
    let written = u8::decode(&mut reader)?;
    // Version 1 is the default, which DER leaves out.
    if written == 0 {
        return Err(ErrorKind::Value { tag: Tag::Integer }.into());
    }
    reader.finish(u32::from(written) + 1)
}

/// A bit string of whole bytes.
fn whole_bytes<'a>(reader: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
    let bits = BitStringRef::decode(reader)?;
    bits.as_bytes().ok_or_else(|| ErrorKind::Value { tag: Tag::BitString }.into())
}

fn time(reader: &mut SliceReader) -> der::Result<u64> {
    let since_epoch = match reader.peek_tag()? {
        Tag::UtcTime => UtcTime::decode(reader)?.to_unix_duration(),
        _ => GeneralizedTime::decode(reader)?.to_unix_duration(),
    };
    Ok(since_epoch.as_secs())
}

fn extensions(field: &[u8]) -> der::Result<Vec<Extension<'_>>> {
    let mut reader = SliceReader::new(field)?;
    let mut list = SliceReader::new(contents(&mut reader, Tag::Sequence)?)?;
    let mut extensions = vec![];
    while !list.is_finished() {
        let mut fields = SliceReader::new(contents(&mut list, Tag::Sequence)?)?;
        let oid = ObjectIdentifier::decode(&mut fields)?;
        let critical = optional_true(&mut fields)?;
        let value = OctetStringRef::decode(&mut fields)?.as_bytes();
        extensions.push(fields.finish(Extension { oid, critical, value })?);
    }
    reader.finish(extensions)
}

/// A boolean that is false by default, which DER leaves out when it is false.
fn optional_true(reader: &mut SliceReader) -> der::Result<bool> {
    if reader.is_finished() || reader.peek_tag()? != Tag::Boolean {
        return Ok(false);
    }
    if bool::decode(reader)? {
        Ok(true)
    } else {
        Err(ErrorKind::Value { tag: Tag::Boolean }.into())
    }
}

/// All common names of a name.
pub fn common_names(name: &[u8]) -> der::Result<Vec<String>> {
    let mut reader = SliceReader::new(name)?;
    let mut parts = SliceReader::new(contents(&mut reader, Tag::Sequence)?)?;
    let mut found = vec![];
    while !parts.is_finished() {
        let mut set = SliceReader::new(contents(&mut parts, Tag::Set)?)?;
        while !set.is_finished() {
            let mut fields = SliceReader::new(contents(&mut set, Tag::Sequence)?)?;
            let oid = ObjectIdentifier::decode(&mut fields)?;
            let value = AnyRef::decode(&mut fields)?;
            fields.finish(())?;
            if oid == COMMON_NAME {
                found.push(text(value)?);
            }
        }
    }
    Ok(found)
}

/// The two string types that RFC 5280 lets new certificates use.
fn text(value: AnyRef) -> der::Result<String> {
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString => match core::str::from_utf8(value.value()) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(value.tag().value_error()),
        },
        tag => Err(tag.unexpected_error(Some(Tag::Utf8String))),
    }
}

pub fn is_ca(basic_constraints: &[u8]) -> der::Result<bool> {
    let mut reader = SliceReader::new(basic_constraints)?;
    let mut fields = SliceReader::new(contents(&mut reader, Tag::Sequence)?)?;
    let ca = optional_true(&mut fields)?;
    if !fields.is_finished() {
        // How many CAs may follow: any number suits a root.
        u8::decode(&mut fields)?;
    }
    fields.finish(())?;
    reader.finish(ca)
}

pub fn may_sign_certificates(key_usage: &[u8]) -> der::Result<bool> {
    let mut reader = SliceReader::new(key_usage)?;
    let bits = BitStringRef::decode(&mut reader)?;
    // Bit 5, counted from the most significant one.
    let set = bits.raw_bytes().first().is_some_and(|byte| byte & (0x80 >> 5) != 0);
    reader.finish(set)
}
