// The links of documents: each leads to a file of the checkout, and to a heading there when it has an anchor.
import { posix } from 'node:path';

const FENCE = /^([ \t]*)(```|~~~)[^\n]*\n[\s\S]*?^\1\2[ \t]*$/gm;
const CODE = /(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g;
/** `[text](target)` and `![text](target)`, with a title or without. */
const INLINE = /\]\(\s*<?([^()\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
/** `[name]: target` */
const REFERENCE = /^\s{0,3}\[[^\]]+\]:\s+<?(\S+?)>?\s*$/gm;
/** `src="…"` and so on of HTML. */
const ATTRIBUTE = /\b(?:src|srcset|href)="([^"]+)"/g;
const HEADING = /^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$/gm;
const NAMED = /<[^>]*\b(?:id|name)="([^"]+)"/g;
const ELSEWHERE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;
/** What code and settings say of documents; paths begin at the top, or in the file's own folder. */
const MENTION = /(?<![\w./-])((?:[\w.-]+\/)*[\w.-]+\.md)(?:#([\w-]+))?/g;

/**
 * Problems of all links of the Markdown documents among `files`.
 *
 * @param {string[]} files paths of the checkout
 * @param {(path: string) => string} read
 */
export function checkLinks(files, read) {
  const known = new Set(files);
  const folders = new Set(files.flatMap(foldersOf));
  const anchors = new Map();
  const anchorsOf = (path) => {
    if (!anchors.has(path)) {
      anchors.set(path, headings(read(path)));
    }
    return anchors.get(path);
  };
  return files.filter(isDocument).flatMap((file) =>
    linksOf(read(file)).flatMap((link) => {
      const [target, anchor] = split(link);
      const path = target === '' ? file : posix.normalize(posix.join(posix.dirname(file), target)).replace(/\/$/, '');
      if (!known.has(path) && !folders.has(path)) {
        return [`${file}: ${link} leads to no file`];
      }
      if (anchor !== undefined && isDocument(path) && !anchorsOf(path).has(anchor)) {
        return [`${file}: ${link} leads to no heading`];
      }
      return [];
    }),
  );
}

/**
 * Problems of the documents that other files name, such as `docs/deploy.md` in a comment or a message.
 *
 * @param {string[]} files paths of the checkout
 * @param {(path: string) => string} read
 */
export function checkMentions(files, read) {
  const known = new Set(files);
  return files
    .filter((file) => /\.(?:rs|js|sh|toml|yml|yaml|json|example|html)$/.test(file) || /^bin\//.test(file))
    // The tests of this check name documents that are nowhere.
    .filter((file) => !file.startsWith('tools/checks/test/'))
    .flatMap((file) =>
      [...read(file).matchAll(MENTION)].flatMap(([mention, path, anchor]) => {
        const places = [path, posix.normalize(posix.join(posix.dirname(file), path))];
        const found = places.find((place) => known.has(place));
        if (found !== undefined) {
          const missing = anchor !== undefined && !headings(read(found)).has(anchor);
          return missing ? [`${file}: ${mention} names no heading`] : [];
        }
        // Others are names of examples.
        return /^(?:docs|salesforce|services|shared|tools)\//.test(path) ? [`${file}: ${mention} names no file`] : [];
      }),
    );
}

/** The anchors that GitHub gives to the headings of a document, and those that it has by itself. */
export function headings(markdown) {
  const text = markdown.replace(FENCE, '');
  const found = new Set([...text.matchAll(NAMED)].map(([, name]) => name));
  const times = new Map();
  for (const [, heading] of text.matchAll(HEADING)) {
    const slug = slugOf(heading);
    const before = times.get(slug) ?? 0;
    times.set(slug, before + 1);
    found.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return found;
}

function slugOf(heading) {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replace(/ /g, '-');
}

/** The links of a document that stay in the repository. */
export function linksOf(markdown) {
  const text = markdown.replace(FENCE, '').replace(CODE, '');
  return [INLINE, REFERENCE, ATTRIBUTE]
    .flatMap((pattern) => [...text.matchAll(pattern)].map(([, target]) => target))
    .filter((target) => !ELSEWHERE.test(target));
}

function split(link) {
  const at = link.indexOf('#');
  const [target, anchor] = at < 0 ? [link, undefined] : [link.slice(0, at), link.slice(at + 1)];
  return [decodeURI(target), anchor];
}

function foldersOf(file) {
  const parts = file.split('/').slice(0, -1);
  return ['.', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

function isDocument(path) {
  return path.endsWith('.md');
}
