// Pictures of documents: drawn for a light and a dark page alike, and without anything from elsewhere.
const STYLE = /<style>[\s\S]*?<\/style>/;

/**
 * @param {string[]} files paths of the checkout
 * @param {(path: string) => string} read
 * @returns {string[]} problems
 */
export function checkPictures(files, read) {
  const pictures = files.filter((file) => /^docs\/pictures\/.*\.svg$/.test(file));
  const documents = files.filter((file) => file.endsWith('.md')).map((file) => read(file));
  return pictures.flatMap((file) => {
    const text = read(file);
    const problems = [];
    const say = (problem) => problems.push(`${file} ${problem}`);
    const theme = /-(light|dark)\.svg$/.exec(file)?.[1];
    if (theme === undefined) {
      say('is neither -light.svg nor -dark.svg');
    } else {
      const other = file.replace(/-(light|dark)\.svg$/, theme === 'light' ? '-dark.svg' : '-light.svg');
      if (!pictures.includes(other)) {
        say(`has no counterpart ${other}`);
      } else if (text.replace(STYLE, '') !== read(other).replace(STYLE, '')) {
        say(`differs from ${other} in more than its colours`);
      }
    }
    if (!/<title[ >]/.test(text) || !/<desc[ >]/.test(text)) {
      say('has no title and description, which are read to who does not see it');
    }
    if (/<script|<image|@import|@font-face|url\((?!#)|\b(?:href|src)=/.test(text)) {
      say('takes something from elsewhere, or runs something');
    }
    if (!documents.some((document) => document.includes(file.replace(/^docs\//, '')))) {
      say('is in no document');
    }
    return problems;
  });
}
