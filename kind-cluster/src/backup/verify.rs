//! An archive read back: every byte is what was written, and nothing in it leaves its place.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::time::Instant;

use common::fault;
use common::stop::Stop;
use sha2::{Digest, Sha256};
use tar::{Archive, EntryType};

use super::archive::{CHECKSUM, MANIFEST, TRAILER, hash_of, trailer};
use super::blocking::{self, GivenUp};
use super::claim;
use super::manifest::{Manifest, SCHEMA};
use crate::digest::hex;

/// A manifest is small; more is an attack, or garbage.
const LARGEST_MANIFEST: u64 = 16 << 20;

/// The contents of a volume's member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

/// Why a volume's tar cannot be used.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) reason: String,
}

/// Reads the whole archive and returns its manifest.
///
/// # Errors
/// It cannot be read; a byte has changed; something is missing or too much; a name would escape;
/// an object is no claim of its volume; time is up.
pub(super) async fn archive(path: &Path, deadline: Instant) -> Result<Manifest, Stop> {
    let item = format!("{} (its verification)", path.display());
    let path = path.to_owned();
    blocking::run(deadline, &item, move |given_up| read(&path, given_up)).await
}

/// The claims of an archive as its manifest names them, without a verification; `None` where it has
/// no manifest of this version.
pub(super) fn claims(path: &Path) -> Option<BTreeSet<String>> {
    let mut archive = Archive::new(File::open(path).ok()?);
    for entry in archive.entries_with_seek().ok()? {
        let entry = entry.ok()?;
        if *entry.path_bytes() != *MANIFEST.as_bytes() {
            continue;
        }
        let manifest: Manifest = serde_json::from_reader(entry.take(LARGEST_MANIFEST)).ok()?;
        let names = manifest.volumes.iter().map(|v| format!("{}/{}", v.namespace, v.claim));
        return (manifest.schema == SCHEMA).then(|| names.collect());
    }
    None
}

fn read(path: &Path, given_up: &GivenUp) -> Result<Manifest, Stop> {
    let unreadable = |error: io::Error| {
        Stop::from(fault::unreadable("unreadable", "archive", path.display(), &error))
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let Some(content) = size.checked_sub(TRAILER).filter(|content| *content > 0) else {
        return Err(bad(path, "bad-archive", "it is too short to be one"));
    };
    let sum = hash_of(given_up.watch(&file).take(content)).map_err(unreadable)?;
    let mut end = vec![0; TRAILER as usize];
    file.seek(SeekFrom::Start(content)).map_err(unreadable)?;
    file.read_exact(&mut end).map_err(unreadable)?;
    if end != trailer(&sum) {
        return Err(bad(
            path,
            "bad-archive",
            "its checksum does not match its content: it was changed or truncated",
        ));
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    // The checksum is right, so the rest was written so: by us, or by somebody who knows how.
    members(path, given_up.watch(&file))
}

fn members(path: &Path, file: impl Read) -> Result<Manifest, Stop> {
    let broken = |error: io::Error| bad(path, "bad-archive", error);
    let mut found: Vec<(String, u64, String, Option<Survey>)> = Vec::new();
    let mut manifest = None;
    let mut archive = Archive::new(file);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if name == MANIFEST {
            let mut text = String::new();
            let mut limited = (&mut entry).take(LARGEST_MANIFEST);
            limited.read_to_string(&mut text).map_err(broken)?;
            let parsed: Manifest = serde_json::from_str(&text).map_err(|error| {
                bad(path, "bad-archive", format!("its manifest cannot be read: {error}"))
            })?;
            manifest = Some(parsed);
            continue;
        }
        // It has been compared already.
        if name == CHECKSUM {
            continue;
        }
        let mut hashed = Hashed { inner: &mut entry, hash: Sha256::new(), bytes: 0 };
        let survey = match name.starts_with("volumes/") {
            true => Some(survey(&mut hashed).map_err(|refusal| {
                bad(path, refusal.code, format!("{name}: {}", refusal.reason))
            })?),
            false => None,
        };
        io::copy(&mut hashed, &mut io::sink()).map_err(broken)?;
        let (bytes, sum) = (hashed.bytes, hex(&hashed.hash.finalize()));
        found.push((name, bytes, sum, survey));
    }
    let Some(manifest) = manifest else {
        return Err(bad(path, "bad-archive", "it has no manifest"));
    };
    if manifest.schema != SCHEMA {
        return Err(bad(
            path,
            "archive-version",
            format!("its format is {}, and this version reads {SCHEMA}", manifest.schema),
        ));
    }
    compare(path, &manifest, &found)?;
    Ok(manifest)
}

/// The manifest and the members say the same.
fn compare(
    path: &Path,
    manifest: &Manifest,
    found: &[(String, u64, String, Option<Survey>)],
) -> Result<(), Stop> {
    let member = |name: &str| found.iter().find(|(known, ..)| known == name);
    let mut claims = BTreeSet::new();
    for volume in &manifest.volumes {
        let (namespace, claim) = (volume.namespace.as_str(), volume.claim.as_str());
        claim::of(&volume.object, namespace, claim)
            .map_err(|reason| bad(path, "foreign-object", reason))?;
        if !claims.insert((namespace, claim)) {
            return Err(bad(path, "bad-archive", format!("it has the claim {claim} twice")));
        }
        let said = Survey { entries: volume.entries, bytes: volume.bytes };
        let same = member(&volume.member)
            .is_some_and(|(_, _, sum, survey)| *sum == volume.sha256 && *survey == Some(said));
        if !same {
            return Err(bad(
                path,
                "bad-archive",
                format!("{} is not what its manifest says", volume.member),
            ));
        }
    }
    for dump in &manifest.dumps {
        let same = member(&dump.member)
            .is_some_and(|(_, bytes, sum, _)| *sum == dump.sha256 && *bytes == dump.bytes);
        if !same {
            return Err(bad(
                path,
                "bad-archive",
                format!("{} is not what its manifest says", dump.member),
            ));
        }
    }
    let expected = manifest.volumes.len() + manifest.dumps.len();
    if found.len() != expected {
        return Err(bad(
            path,
            "bad-archive",
            format!("it has {} members, and its manifest names {expected}", found.len()),
        ));
    }
    Ok(())
}

/// Reads a volume's tar and refuses names that would leave the volume, and everything that
/// `backup` does not write: the reader of a restore could understand it in another way.
pub(super) fn survey(reader: &mut impl Read) -> Result<Survey, Refusal> {
    let refused = |code, reason| Refusal { code, reason };
    let broken = |error: io::Error| refused("bad-archive", error.to_string());
    let mut survey = Survey::default();
    // Links that the archive makes: a name below one would be written where it leads.
    let mut links: BTreeSet<PathBuf> = BTreeSet::new();
    let mut archive = Archive::new(reader);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.into_owned();
        let because = |code, why: &str| refused(code, format!("{} {why}", name.display()));
        let escapes = |why: &str| because("escaping-name", why);
        // They may contain names that replace the header's.
        if entry.pax_extensions().map_err(broken)?.is_some() {
            return Err(escapes("has extended headers, which a backup does not write"));
        }
        let plain = plain(&name).ok_or_else(|| escapes("leads out of the volume"))?;
        if plain.ancestors().any(|above| links.contains(above)) {
            return Err(escapes("is, or is below, a symbolic link of the same archive"));
        }
        let target = entry.link_name().map_err(broken)?.map(|target| target.into_owned());
        match entry.header().entry_type() {
            EntryType::Symlink => {
                // A link may lead anywhere, as links in volumes do; nothing is written through it.
                links.insert(plain);
            }
            EntryType::Link => {
                let inside = target.as_deref().and_then(self::plain);
                let inside =
                    inside.ok_or_else(|| escapes("is a hard link that leads out of the volume"))?;
                if inside.ancestors().skip(1).any(|above| links.contains(above)) {
                    return Err(escapes("is a hard link through a symbolic link"));
                }
                // Another name of a symbolic link is one.
                if links.contains(&inside) {
                    links.insert(plain);
                }
            }
            EntryType::Block | EntryType::Char => return Err(because("device", "is a device")),
            EntryType::Regular | EntryType::GNUSparse | EntryType::Directory | EntryType::Fifo => {}
            _ => return Err(because("bad-archive", "is of a kind that a backup does not write")),
        }
        survey.entries += 1;
        survey.bytes += io::copy(&mut entry, &mut io::sink()).map_err(broken)?;
    }
    Ok(survey)
}

/// The path without `.`; `None` when it is absolute or has `..`.
fn plain(path: &Path) -> Option<PathBuf> {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(part) => Some(part),
            _ => None,
        })
        .collect()
}

fn bad(path: &Path, code: &'static str, reason: impl Display) -> Stop {
    let message = format!("{} cannot be used: {reason}", path.display());
    let hint = "nothing was changed; use another archive";
    Stop::no(code, message).hint(hint)
}

/// A reader that remembers what it has read.
struct Hashed<'r, R> {
    inner: &'r mut R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use tar::{Builder, Header};

    use super::*;

    /// A tar of one entry; the name goes into the header as it is.
    fn tar(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, kind, target) in entries {
            let mut header = Header::new_gnu();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(0);
            header.set_cksum();
            builder.append(&header, io::empty()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    /// The code that a tar is refused with.
    fn refused(bytes: &[u8]) -> &'static str {
        survey(&mut &*bytes).unwrap_err().code
    }

    #[test]
    fn names_that_escape_are_refused() {
        use EntryType::{Link, Regular, Symlink};
        let all: [&[(&str, EntryType, &str)]; 8] = [
            &[("../a", Regular, "")],
            &[("/etc/passwd", Regular, "")],
            &[("a/../../b", Regular, "")],
            &[("a", Symlink, "/etc"), ("a/passwd", Regular, "")],
            &[("a", Symlink, "/etc"), ("a", EntryType::Directory, ""), ("a/passwd", Regular, "")],
            &[("a", Link, "../../etc/passwd")],
            &[("a", Symlink, "/etc"), ("b", Link, "a/passwd")],
            // The same link by another name.
            &[("a", Symlink, "/etc"), ("./b", Link, "./a"), ("b/passwd", Regular, "")],
        ];
        for entries in all {
            assert_eq!(refused(&tar(entries)), "escaping-name", "{entries:?}");
        }
        let fine = tar(&[
            ("./", EntryType::Directory, ""),
            ("./a", Symlink, "/etc"),
            ("./b", Regular, ""),
            ("./c", Link, "./a"),
            ("./d", Link, "./b"),
        ]);
        assert_eq!(survey(&mut fine.as_slice()).unwrap(), Survey { entries: 5, bytes: 0 });
    }

    #[test]
    fn what_a_backup_does_not_write_is_refused() {
        assert_eq!(refused(&tar(&[("null", EntryType::Char, "")])), "device");
        for kind in [b'D', b'M', b'N', b'V', b'7'] {
            let bytes = tar(&[("a", EntryType::new(kind), "")]);
            assert_eq!(refused(&bytes), "bad-archive", "{}", kind as char);
        }
        let global = tar(&[("a", EntryType::XGlobalHeader, "")]);
        assert_eq!(refused(&global), "escaping-name");
        let mut builder = Builder::new(Vec::new());
        let name = ("GNU.sparse.name", &b"../../etc/passwd"[..]);
        builder.append_pax_extensions([name]).unwrap();
        let mut header = Header::new_ustar();
        header.set_path("a").unwrap();
        header.set_size(0);
        header.set_cksum();
        builder.append(&header, io::empty()).unwrap();
        assert_eq!(refused(&builder.into_inner().unwrap()), "escaping-name");
    }
}
