// The files in a zip, unpacked in memory by the browser's own decompressor.

import { InputError } from "../errors.js";

const END = 0x06054b50, MEMBER = 0x02014b50, LOCAL = 0x04034b50;
const MAX_MEMBERS = 10_000;
// Tables of measured numbers compress by 3 to 10; this ratio means a zip bomb.
const MAX_RATIO = 200, SMALL_BYTES = 2 ** 24;
const AGAIN = "Export or copy it again.";

/** Return whether a file is a zip, by its content or its name. */
export function isZip(name, bytes) {
  return (bytes[0] === 0x50 && bytes[1] === 0x4b) || name.toLowerCase().endsWith(".zip");
}

/**
 * Return the files in a zip by their paths.
 *
 * @param {string} name - how messages name the zip.
 * @param {Uint8Array} bytes - its content.
 * @param {(path: string) => boolean} wanted - whether a file is read.
 * @returns {Promise<Map<string, Uint8Array>>}
 */
export async function unzip(name, bytes, wanted) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = new Map();
  let left = Math.max(SMALL_BYTES, MAX_RATIO * bytes.length);
  for (const member of members(name, view)) {
    if (member.path.endsWith("/") || isHidden(member.path) || !wanted(member.path)) continue;
    if (files.has(member.path)) {
      throw new InputError(
        `${name}: holds ${member.path} twice. Give each recording a zip of its own.`);
    }
    if (member.size > left) {
      throw new InputError(
        `${name}, ${member.path}: unpacks to more than ${left} bytes, which no table of `
        + "measured numbers does. Export the recording again.");
    }
    const content = await unpack(name, view, member);
    left -= content.length;
    files.set(member.path, content);
  }
  return files;
}

const isHidden = (path) => path.split("/").some((part) => /^(\.|__)/.test(part));

function members(name, view) {
  const damaged = (what) => new InputError(`${name}: is not a readable zip: ${what}. ${AGAIN}`);
  let end = view.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw damaged("it has no directory, and may be cut short");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) throw damaged("it is of the kind zip64");
  if (count > MAX_MEMBERS) throw damaged(`it holds ${count} files, more than any recording`);
  const found = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== MEMBER) {
      throw damaged("its directory is damaged");
    }
    const nameLength = view.getUint16(at + 28, true);
    const path = new TextDecoder()
      .decode(bytesOf(view, at + 46, nameLength)).replaceAll("\\", "/");
    if (path.split("/").includes("..") || path.startsWith("/")) {
      throw new InputError(`${name}: names ${path}, which leads outside the zip. ${AGAIN}`);
    }
    if (view.getUint16(at + 8, true) & 1) throw damaged(`${path} is encrypted`);
    found.push({
      path,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return found;
}

const bytesOf = (view, at, length) => new Uint8Array(view.buffer, view.byteOffset + at, length);

async function unpack(name, view, member) {
  const damaged = (what) =>
    new InputError(`${name}, ${member.path}: cannot be unpacked: ${what}. ${AGAIN}`);
  if (member.at + 30 > view.byteLength || view.getUint32(member.at, true) !== LOCAL) {
    throw damaged("the zip is damaged");
  }
  const start = member.at + 30 + view.getUint16(member.at + 26, true)
    + view.getUint16(member.at + 28, true);
  if (start + member.packed > view.byteLength) throw damaged("the zip is cut short");
  const packed = bytesOf(view, start, member.packed);
  if (member.method !== 0 && member.method !== 8) {
    throw damaged(`its compression (method ${member.method}) is unknown`);
  }
  let content = packed;
  if (member.method === 8) {
    try {
      content = await inflate(packed, member.size);
    } catch (error) {
      throw damaged(error.message || "the data are damaged");
    }
  }
  if (content.length !== member.size || crc32(content) !== member.crc) {
    throw damaged("its checksum is wrong");
  }
  return content;
}

async function inflate(packed, size) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const content = new Uint8Array(size);
  let at = 0;
  // The size in the directory may be false: never more than it says is kept.
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return content.subarray(0, at);
    if (at + value.length > size) {
      await reader.cancel();
      throw new Error("it is longer than the zip says");
    }
    content.set(value, at);
    at += value.length;
  }
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ CRC[(value ^ bytes[i]) & 0xff];
  return (value ^ 0xffffffff) >>> 0;
}
