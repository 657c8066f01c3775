import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import { contentOf, fileOf, type WrittenFile } from './files.ts';
import type { Losses } from './report.ts';
import { readVoc, writeVoc } from './voc.ts';

/** As VOC2012 writes it: parts of a person, actions, fractions in some boxes. */
const SAMPLE = `<annotation>
	<folder>VOC2012</folder>
	<filename>2007_000027.jpg</filename>
	<source>
		<database>The VOC2007 Database</database>
		<annotation>PASCAL VOC2007</annotation>
		<image>flickr</image>
	</source>
	<size>
		<width>486</width>
		<height>500</height>
		<depth>3</depth>
	</size>
	<segmented>0</segmented>
	<object>
		<name>person</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<difficult>1</difficult>
		<bndbox>
			<xmin>174</xmin>
			<ymin>101</ymin>
			<xmax>349</xmax>
			<ymax>351</ymax>
		</bndbox>
		<part>
			<name>head</name>
			<bndbox>
				<xmin>169</xmin>
				<ymin>104</ymin>
				<xmax>209</xmax>
				<ymax>146</ymax>
			</bndbox>
		</part>
	</object>
	<object>
		<name>R&amp;D &lt;시료&gt;</name>
		<bndbox>
			<xmin>45.70000076293945</xmin>
			<ymin>1</ymin>
			<xmax>486</xmax>
			<ymax>500</ymax>
		</bndbox>
	</object>
</annotation>
`;
const PICTURES = [{ name: 'JPEGImages/2007_000027.jpg', width: 486, height: 500 }];

async function filesOf(files: AsyncIterable<WrittenFile>): Promise<{ name: string; text: string }[]> {
  const out: { name: string; text: string }[] = [];
  for await (const file of files) out.push({ name: file.name, text: (await contentOf(file)).toString() });
  return out;
}

const simple = (box: string, more = ''): string =>
  `<annotation><filename>2007_000027.jpg</filename><object><name>a</name>${more}<bndbox>${box}</bndbox></object></annotation>`;
const corners = (...values: unknown[]): string => ['xmin', 'ymin', 'xmax', 'ymax'].map((name, i) => `<${name}>${values[i]}</${name}>`).join('');

test('reads what the development kit defines: pixels from 1, both corners inside', async () => {
  const { labels, report } = await readVoc([fileOf('Annotations/2007_000027.xml', SAMPLE)], { pictures: PICTURES });
  assert.equal(
    labels.classes.map(({ name }) => name),
    ['person', 'R&D <시료>'],
  );
  const [person, sample] = labels.pictures[0]!.shapes;
  const { extra, ...attributes } = person!.attributes!;
  assert.equal(
    { ...person, attributes },
    { kind: 'box', x: 173, y: 100, width: 176, height: 251, label: 0, attributes: { truncated: false, difficult: true, pose: 'Unspecified' } },
  );
  assert.equal(extra!.voc!.fields, [
    {
      name: 'part',
      children: [
        { name: 'name', text: 'head' },
        { name: 'bndbox', children: ['169', '104', '209', '146'].map((text, i) => ({ name: ['xmin', 'ymin', 'xmax', 'ymax'][i], text })) },
      ],
    },
  ]);
  assert.equal([(sample as { y: number }).y, (sample as { height: number }).height], [0, 500], 'ymin 1, ymax 500 is the whole height');
  assert.equal(report.findings, {});
});

test('a round trip gives the same elements', async () => {
  const { labels } = await readVoc([fileOf('2007_000027.xml', SAMPLE)], {});
  const losses: Losses = {};
  const [file] = await filesOf(writeVoc(labels, { losses }));
  assert.is(file!.name, 'Annotations/2007_000027.xml');
  // Apart from where <part> stands among its neighbours, the very text.
  assert.is(file!.text, SAMPLE);
  assert.equal(losses, {});
  assert.equal((await readVoc([fileOf(file!.name, file!.text)], {})).labels, labels);
});

test('rounded on request, and that is a loss', async () => {
  const { labels } = await readVoc([fileOf('2007_000027.xml', SAMPLE)], {});
  const losses: Losses = {};
  const [file] = await filesOf(writeVoc(labels, { rounded: true, losses }));
  assert.match(file!.text, '<xmin>46</xmin>');
  assert.equal(losses, { rounded: 1 });
});

test('a 0 anywhere in the set means plain corners everywhere', async () => {
  const zero = simple(corners(0, 0, 486, 500)).replace('2007_000027.jpg', 'b.jpg');
  const pictures = [...PICTURES, { name: 'b.jpg', width: 486, height: 500 }];
  const files = [fileOf('2007_000027.xml', simple(corners(10, 10, 20, 30))), fileOf('b.xml', zero)];
  const { labels, report } = await readVoc(files, { pictures });
  assert.equal(
    labels.pictures.map(({ shapes }) => shapes[0]),
    [
      { kind: 'box', x: 10, y: 10, width: 10, height: 20, label: 0 },
      { kind: 'box', x: 0, y: 0, width: 486, height: 500, label: 0 },
    ],
  );
  assert.equal(report.findings.zero_based!.first[0]!.file, 'b.xml');
  const defined = await readVoc(files, { pictures, corners: 'defined' });
  assert.equal(defined.labels.pictures[0]!.shapes[0], { kind: 'box', x: 9, y: 9, width: 11, height: 21, label: 0 });
  assert.is(defined.report.findings.clipped!.count, 1);
  const plain = await readVoc(files.slice(0, 1), { pictures, corners: 'plain' });
  assert.equal(plain.labels.pictures[0]!.shapes[0], { kind: 'box', x: 10, y: 10, width: 10, height: 20, label: 0 });
});

test('boxes that are wrong', async () => {
  const read = async (box: string): Promise<[unknown, string[]]> => {
    const { labels, report } = await readVoc([fileOf('2007_000027.xml', simple(box))], { pictures: PICTURES });
    return [labels.pictures[0]!.shapes[0], Object.keys(report.findings)];
  };
  const box = { kind: 'box', x: 9, y: 9, width: 11, height: 21, label: 0 };
  assert.equal(await read(corners(10, 10, 20, 30)), [box, []]);
  assert.equal(await read(corners(20, 30, 10, 10)), [box, ['negative_size']]);
  assert.equal(await read(corners(10, 10, 10, 10)), [{ ...box, width: 1, height: 1 }, []], 'one pixel');
  assert.equal(await read(corners('abc', 10, 20, 30)), [undefined, ['not_finite']]);
  assert.equal(await read(corners('1e999', 10, 20, 30)), [undefined, ['not_finite']]);
  assert.equal(await read(corners('', 10, 20, 30)), [undefined, ['malformed']]);
  assert.equal(await read('<xmin>1</xmin>'), [undefined, ['malformed']]);
  assert.equal(await read(corners(480, 490, 600, 700)), [{ kind: 'box', x: 479, y: 489, width: 7, height: 11, label: 0 }, ['clipped']]);
});

test('finds the picture by the file when <filename> is wrong or missing', async () => {
  for (const name of ['<filename>IMG_0001.JPG</filename>', '', '<filename></filename>']) {
    const text = simple(corners(1, 1, 5, 5)).replace('<filename>2007_000027.jpg</filename>', name);
    const { labels, report } = await readVoc([fileOf('Annotations/2007_000027.xml', text)], { pictures: PICTURES });
    assert.equal([labels.pictures[0]!.name, report.findings], [PICTURES[0]!.name, {}]);
  }
});

async function failure(text: string | Buffer, limits = {}): Promise<string> {
  try {
    await readVoc([fileOf('a.xml', text)], { limits });
  } catch (error) {
    return error instanceof StudioError ? error.code : String(error);
  }
  return 'no error';
}

test('XML that is dangerous or broken', async () => {
  const bomb = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><annotation><filename>&lol2;</filename></annotation>';
  assert.is(await failure(bomb), 'label_xml_entities');
  assert.is(await failure('<!DOCTYPE annotation SYSTEM "file:///etc/passwd"><annotation/>'), 'label_xml_entities');
  assert.is(await failure('<annotation><filename>&xxe;</filename></annotation>'), 'label_xml');
  assert.is(await failure('<annotation><object></annotation>'), 'label_xml');
  assert.is(await failure(''), 'label_xml');
  assert.is(await failure('<svg/>'), 'label_structure');
  assert.is(await failure(`<annotation>${'<a>'.repeat(100_000)}`), 'label_too_deep');
  assert.is(await failure('<annotation/>', { maxXmlBytes: 5 }), 'label_file_too_large');
  assert.is(await failure(Buffer.from([0x3c, 0xff, 0xff])), 'label_encoding');
});

test('one bad file of many is reported, the others are read', async () => {
  const { labels, report } = await readVoc(
    [
      fileOf('bad.xml', '<!DOCTYPE x><annotation/>'),
      fileOf('2007_000027.xml', SAMPLE),
      fileOf('2007_000027.xml', simple(corners(5, 5, 9, 9))),
      fileOf('notes.txt', ''),
    ],
    { pictures: PICTURES },
  );
  assert.is(labels.pictures[0]!.shapes.length, 3);
  assert.equal(
    Object.entries(report.findings).map(([kind, { count }]) => [kind, count]),
    [
      ['unreadable_file', 1],
      ['duplicate_picture', 1],
      ['ignored_file', 1],
    ],
  );
});

test('CP949 with its declaration', async () => {
  const [before, after] = simple(corners(1, 1, 5, 5)).split('<name>a</name>');
  const text = Buffer.concat([
    Buffer.from(`<?xml version="1.0" encoding="euc-kr"?>${before}<name>`),
    Buffer.from([0xba, 0xce, 0xc7, 0xb0]),
    Buffer.from(`</name>${after}`),
  ]);
  const { labels } = await readVoc([fileOf('a.xml', text)], {});
  assert.is(labels.classes[0]!.name, '부품');
});

test.run();
