import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, StudioError } from '../errors.ts';
import type { LabelReport } from '../http/label-schemas.ts';
import { LabelSet, labelFolder } from '../store/label-set.ts';
import { PictureSet } from '../store/pictures.ts';
import { tarOf, type ZipPart, zipOf } from './archives.fixture.ts';
import { ingest as ingestJob } from './ingest.ts';
import type { JobHost } from './job.ts';
import type { IngestLimits, IngestOutcome } from './protocol.ts';
import { type EndedJob, readJson, removeTemporaryFolders, runToEnd, temporaryFolder } from './workers.fixture.ts';

test.after(removeTemporaryFolders);

const LIMITS: IngestLimits = { maxFiles: 50, maxUnpackedBytes: 200 * 2 ** 20, maxFileBytes: 20 * 2 ** 20, maxPixels: 4_000_000, maxSide: 800 };

async function ingest(upload: Buffer, options: { labels?: Buffer; limits?: Partial<IngestLimits>; name?: string } = {}): Promise<EndedJob> {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'upload'), upload);
  if (options.labels !== undefined) writeFileSync(join(dir, 'labels'), options.labels);
  return runToEnd({
    kind: 'ingest',
    jobId: 1,
    threads: 2,
    memoryMb: 2048,
    upload: join(dir, 'upload'),
    ...(options.name === undefined ? {} : { uploadName: options.name }),
    labels: options.labels === undefined ? null : join(dir, 'labels'),
    labelsName: options.labels === undefined ? null : 'my labels.csv',
    problem: 'classification',
    limits: { ...LIMITS, ...options.limits },
  });
}

/** The same job in this process, for the many ways in which an upload can be bad. */
async function refusal(upload: Buffer, limits: IngestLimits): Promise<string> {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'upload'), upload);
  const host: JobHost = { dir, out: join(dir, 'out'), stopping: false, journaledEpochs: new Set(), log: () => {}, epoch: () => {}, progress: () => {} };
  const common = { jobId: 1, threads: 2, memoryMb: 2048, labels: null, labelsName: null, problem: 'classification' } as const;
  try {
    await ingestJob({ ...common, kind: 'ingest', upload: join(dir, 'upload'), limits }, host);
    return 'accepted';
  } catch (error) {
    if (error instanceof StudioError) return error.code;
    throw error;
  }
}

const outcomeOf = (job: EndedJob) => {
  assert.is(job.end.state, 'succeeded', job.log);
  return readJson<IngestOutcome>(job.dir, 'out', 'ingest.json');
};

const reportOf = (job: EndedJob) => readJson<LabelReport>(labelFolder(join(job.dir, 'out', 'pictures'), 1), 'report.json');

async function labelsOf(job: EndedJob): Promise<LabelSet> {
  const labels = await LabelSet.open(labelFolder(join(job.dir, 'out', 'pictures'), 1));
  await labels.close();
  return labels;
}

async function itemsOf(job: EndedJob) {
  const set = await PictureSet.open(join(job.dir, 'out', 'pictures'));
  await set.close();
  const labels = existsSync(labelFolder(join(job.dir, 'out', 'pictures'), 1)) ? await labelsOf(job) : null;
  return set.items.map((item) => ({ ...item, label: labels?.labelOf(item.n) ?? null }));
}

/** A plain picture with some texture, so that formats do not shrink it to nothing. */
function draw(width: number, height: number, colour: readonly [number, number, number] = [200, 120, 40]) {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3]! ^ ((i * 2654435761) >>> 28);
  return sharp(data, { raw: { width, height, channels: 3 } });
}
const png = (width = 32, height = 24) => draw(width, height).png().toBuffer();
const jpeg = (width = 32, height = 24) => draw(width, height).jpeg().toBuffer();

test('a zip with class folders', async () => {
  const [a, b] = [await png(), await jpeg(300, 200)];
  const job = await ingest(
    zipOf([
      { name: 'parts/', data: Buffer.alloc(0), stored: true, mode: 0o040755 },
      { name: 'parts/ok/1.png', data: a },
      { name: 'parts/ng/2.jpg', data: b, stored: true },
      { name: 'parts/ng/10.png', data: a },
      { name: '__MACOSX/parts/ok/._1.png', data: Buffer.from('junk') },
      { name: 'parts/ok/.DS_Store', data: Buffer.from('junk') },
      { name: 'parts/Thumbs.db', data: Buffer.from('junk') },
    ]),
  );
  const outcome = outcomeOf(job);
  assert.equal(outcome.classes, [
    { name: 'ng', count: 2 },
    { name: 'ok', count: 1 },
  ]);
  assert.is(outcome.labelledCount, 3);
  assert.equal(outcome.report.skipped, 0);
  const set = await PictureSet.open(join(job.dir, 'out', 'pictures'));
  assert.equal(
    (await itemsOf(job)).map(({ name, label, width, height, mime }) => [name, label, width, height, mime]),
    [
      ['parts/ok/1.png', 1, 32, 24, 'image/png'],
      ['parts/ng/2.jpg', 0, 300, 200, 'image/jpeg'],
      ['parts/ng/10.png', 0, 32, 24, 'image/png'],
    ],
  );
  assert.ok((await set.picture(0)).data.equals(a), 'the file itself is kept');
  assert.ok((await set.picture(1)).data.equals(b));
  await set.close();
});

test('a tar as the browser sends it, flat: no labels', async () => {
  const job = await ingest(
    tarOf([
      { name: 'a.png', data: await png() },
      { name: '나.png', data: await png() },
    ]),
  );
  const outcome = outcomeOf(job);
  assert.equal([outcome.count, outcome.labelledCount, outcome.classes.length], [2, 0, 0]);
  assert.equal(
    (await itemsOf(job)).map(({ name }) => name),
    ['a.png', '나.png'],
  );
});

test('a single picture keeps its name', async () => {
  const job = await ingest(await jpeg(), { name: '부품 1.jpg' });
  assert.is(outcomeOf(job).count, 1);
  assert.is((await itemsOf(job))[0]!.name, '부품 1.jpg');
});

test('formats: TIFF, 16 bit, GIF, BMP, CMYK, grey and too large ones become what a browser shows', async () => {
  const grey16 = new Uint16Array(40 * 30).map((_, i) => i * 50);
  const bmp = Buffer.alloc(54 + 8 * 2);
  bmp.write('BM');
  bmp.writeUInt32LE(54, 10);
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(2, 18);
  bmp.writeInt32LE(2, 22);
  bmp.writeUInt16LE(24, 28);
  // Bottom row first: blue, green; then red, white.
  bmp.set([255, 0, 0, 0, 255, 0], 54);
  bmp.set([0, 0, 255, 255, 255, 255], 62);
  const job = await ingest(
    zipOf([
      { name: 'a.tif', data: await draw(40, 30).tiff({ compression: 'lzw' }).toBuffer() },
      {
        name: 'b.png',
        data: await sharp(grey16, { raw: { width: 40, height: 30, channels: 1 } })
          .toColourspace('grey16')
          .png()
          .toBuffer(),
      },
      { name: 'c.gif', data: await draw(40, 30).gif().toBuffer() },
      { name: 'd.bmp', data: bmp },
      { name: 'e.jpg', data: await draw(40, 30).toColourspace('cmyk').jpeg().toBuffer() },
      { name: 'f.jpg', data: await jpeg(1600, 900) },
      { name: 'g.webp', data: await draw(40, 30).webp().toBuffer() },
    ]),
  );
  const outcome = outcomeOf(job);
  assert.equal([outcome.count, outcome.report.reduced], [7, 1], job.log);
  const items = await itemsOf(job);
  assert.equal(
    items.map(({ mime }) => mime.slice(6)),
    ['png', 'png', 'png', 'png', 'jpeg', 'jpeg', 'webp'],
  );
  assert.equal([items[5]!.width, items[5]!.height], [800, 450]);
  const set = await PictureSet.open(join(job.dir, 'out', 'pictures'));
  assert.equal(
    [
      ...(await sharp((await set.picture(3)).data)
        .raw()
        .toBuffer()),
    ],
    [255, 0, 0, 255, 255, 255, 0, 0, 255, 0, 255, 0],
  );
  await set.close();
});

test('cameras of 12 bits write 16: what they use becomes black to white, in the same way for all pictures of an upload', async () => {
  const deep = (width: number, height: number, most: number) =>
    sharp(
      Uint16Array.from({ length: width * height }, (_, i) => Math.round((most * i) / (width * height - 1))),
      { raw: { width, height, channels: 1 } },
    ).toColourspace('grey16');
  const files = [
    { name: 'bright.tif', data: await deep(64, 8, 4095).tiff({ compression: 'none' }).toBuffer() },
    { name: 'dark.png', data: await deep(64, 8, 500).png().toBuffer() },
    { name: 'large.tif', data: await deep(1600, 1, 4000).tiff({ compression: 'lzw' }).toBuffer() },
    { name: 'plain.png', data: await png() },
  ];
  const samples = async (upload: Buffer, which: number) => {
    const job = await ingest(upload);
    const set = await PictureSet.open(join(job.dir, 'out', 'pictures'));
    const { data, info } = await sharp((await set.picture(which)).data)
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    await set.close();
    return { first: data[0], last: data.at(-1), size: [info.width, info.height], log: job.log };
  };
  const bright = await samples(zipOf(files), 0);
  assert.equal([bright.first, bright.last], [0, 255]);
  assert.match(bright.log, /12 bits/);
  assert.is((await samples(zipOf(files), 1)).last, 500 >> 4);
  const large = await samples(zipOf(files), 2);
  assert.equal(large.size, [800, 1]);
  assert.ok(Math.abs(large.last! - (4000 >> 4)) < 2, `${large.last}`);
  const mixed = [...files, { name: 'all.tif', data: await deep(64, 8, 65535).tiff({ compression: 'none' }).toBuffer() }];
  assert.equal([(await samples(zipOf(mixed), 0)).last, (await samples(zipOf(mixed), 4)).last], [16, 255]);
});

test('EXIF orientation is applied', async () => {
  const turned = await draw(60, 20).withExif({}).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const job = await ingest(zipOf([{ name: 'a.jpg', data: turned }]));
  const [item] = await itemsOf(job);
  assert.equal([item!.width, item!.height], [20, 60]);
  const set = await PictureSet.open(join(job.dir, 'out', 'pictures'));
  const meta = await sharp((await set.picture(0)).data).metadata();
  assert.equal([meta.width, meta.height, meta.orientation ?? 1], [20, 60, 1]);
  await set.close();
});

test('names from Korean Windows, and from macOS', async () => {
  // 불량/긁힘.png in code page 949, without the UTF-8 flag; and 한.png decomposed.
  const cp949 = Buffer.concat([Buffer.from([0xba, 0xd2, 0xb7, 0xae]), Buffer.from('\\'), Buffer.from([0xb1, 0xdc, 0xc8, 0xfb]), Buffer.from('.png')]);
  const job = await ingest(
    zipOf([
      { name: cp949, data: await png() },
      { name: '정상/한.png'.normalize('NFD'), data: await png(), utf8Flag: true },
    ]),
  );
  assert.equal(
    outcomeOf(job).classes.map(({ name }) => name),
    ['불량', '정상'],
  );
  assert.equal(
    (await itemsOf(job)).map(({ name }) => name),
    ['불량/긁힘.png', '정상/한.png'],
  );
});

test('what cannot be used is skipped, counted and listed with its reason', async () => {
  const good = await jpeg(200, 200);
  const whole = await png(200, 200);
  const animated = await sharp(Buffer.alloc(20 * 40 * 3).fill(200, 20 * 20 * 3), { raw: { width: 20, height: 40, channels: 3, pageHeight: 20 } })
    .gif({ loop: 0, delay: [100, 100] })
    .toBuffer();
  const parts: [ZipPart, ErrorCode][] = [
    [{ name: 'x/cut.jpg', data: good.subarray(0, good.length / 2) }, 'picture_damaged'],
    [{ name: 'x/cut.png', data: whole.subarray(0, whole.length / 2) }, 'picture_damaged'],
    [{ name: 'x/noise.png', data: Buffer.concat([whole.subarray(0, 60), Buffer.alloc(500, 7)]) }, 'picture_damaged'],
    [{ name: 'x/crc.png', data: whole, crc: 1 }, 'picture_damaged'],
    [{ name: 'x/liar.png', data: whole, declaredSize: 10 }, 'picture_damaged'],
    [{ name: 'x/empty.png', data: Buffer.alloc(0) }, 'picture_empty'],
    [{ name: 'x/readme.txt', data: Buffer.from('hello') }, 'picture_unsupported'],
    [{ name: 'x/logo.svg', data: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>') }, 'picture_unsupported'],
    [{ name: 'x/inner.zip', data: zipOf([{ name: 'a.png', data: whole }]) }, 'nested_archive'],
    [{ name: 'x/two.gif', data: animated }, 'picture_animated'],
    [{ name: 'x/huge.png', data: await draw(2100, 2000).png().toBuffer() }, 'picture_too_many_pixels'],
    [{ name: 'x/heavy.png', data: Buffer.alloc(21 * 2 ** 20) }, 'picture_file_too_large'],
    [{ name: 'x/method.png', data: whole, method: 9 }, 'zip_method_unsupported'],
  ];
  const job = await ingest(zipOf([{ name: 'x/good.jpg', data: good }, ...parts.map(([part]) => part)]));
  const { report } = outcomeOf(job);
  assert.equal(
    report.skippedFiles.map(({ name, code }) => [name, code]),
    parts.map(([{ name }, code]) => [name, code]),
  );
  assert.equal([report.accepted, report.skipped], [1, parts.length]);
  assert.ok(report.skippedFiles.every(({ ko, en }) => /[가-힣]/.test(ko) && !/[{}]/.test(ko + en)));
});

test('two files of one name are both kept, counted and told apart', async () => {
  const data = await png();
  const job = await ingest(zipOf(['a/1.png', 'a/1.png', 'b/1.png'].map((name) => ({ name, data }))));
  assert.is(outcomeOf(job).report.duplicateNames, 1);
  assert.equal(
    (await itemsOf(job)).map(({ name }) => name),
    ['a/1.png', 'a/1 (2).png', 'b/1.png'],
  );
});

test('nothing harmful gets in: the whole upload is refused and nothing stays behind', async () => {
  const data = await png();
  const file = (name: string | Buffer, more: Partial<ZipPart> = {}): ZipPart => ({ name, data, ...more });
  const zeros = Buffer.alloc(70 * 2 ** 20);
  const cases: [string, Buffer, ErrorCode, Partial<IngestLimits>?][] = [
    ['no archive', Buffer.from('this is text, not pictures'), 'upload_not_recognised'],
    ['empty file', Buffer.alloc(0), 'upload_not_recognised'],
    ['cut zip', zipOf([file('a.png'), file('b.png')]).subarray(0, -30), 'archive_damaged'],
    ['cut tar', tarOf([{ name: 'a.png', data }]).subarray(0, 600), 'archive_damaged'],
    ['traversal', zipOf([file('ok/a.png'), file('../../etc/cron.d/a.png')]), 'archive_unsafe_path'],
    ['traversal, backslashes', zipOf([file('..\\..\\a.png')]), 'archive_unsafe_path'],
    ['absolute', zipOf([file('/etc/a.png')]), 'archive_unsafe_path'],
    ['drive', zipOf([file('C:\\a.png')]), 'archive_unsafe_path'],
    ['tar traversal', tarOf([{ name: '../a.png', data }]), 'archive_unsafe_path'],
    ['symbolic link', zipOf([file('a.png'), file('b.png', { data: Buffer.from('/etc/passwd'), mode: 0o120777 })]), 'archive_link'],
    [
      'tar symbolic link',
      tarOf([
        { name: 'a.png', data },
        { name: 'b.png', type: '2' },
      ]),
      'archive_link',
    ],
    ['tar hard link', tarOf([{ name: 'b.png', type: '1' }]), 'archive_link'],
    ['tar device', tarOf([{ name: 'b.png', type: '3' }]), 'archive_link'],
    ['password', zipOf([file('a.png', { encrypted: true })]), 'archive_encrypted'],
    ['bomb', zipOf([file('a.png', { data: zeros })]), 'archive_bomb'],
    [
      'overlapping bomb',
      zipOf([file('a.png', { stored: true }), ...Array.from({ length: 9 }, (_, i) => file(`${i}.png`, { stored: true, sameDataAs: 0 }))]),
      'archive_bomb',
    ],
    ['too many', zipOf(Array.from({ length: 51 }, (_, i) => file(`${i}.png`))), 'archive_too_many_files'],
    ['too many in a tar', tarOf(Array.from({ length: 51 }, (_, i) => ({ name: `${i}.png`, data }))), 'archive_too_many_files'],
    ['too large', zipOf([file('a.png'), file('b.png')]), 'archive_too_large', { maxUnpackedBytes: data.length + 1 }],
    [
      'too large a tar',
      tarOf([
        { name: 'a.png', data },
        { name: 'b.png', data },
      ]),
      'archive_too_large',
      { maxUnpackedBytes: data.length + 1 },
    ],
    ['empty zip', zipOf([]), 'no_pictures'],
    ['no picture', zipOf([file('a.txt', { data: Buffer.from('text') })]), 'no_pictures'],
    ['only broken ones', zipOf([file('a.png', { data: data.subarray(0, 100) })]), 'no_usable_pictures'],
  ];
  for (const [what, upload, code, limits] of cases) assert.is(await refusal(upload, { ...LIMITS, ...limits }), code, what);
  // Two of them as the daemon sees them.
  for (const [what, upload, code] of cases.filter(([what]) => what === 'traversal' || what === 'only broken ones')) {
    const job = await ingest(upload);
    assert.equal([job.end.state, job.end.failure?.code], ['failed', code], `${what}: ${job.log}`);
    assert.not.ok(existsSync(join(job.dir, 'out')), `${what}: nothing stays`);
    assert.not.match(job.end.failure!.ko + job.end.failure!.en, /[{}]/);
  }
});

test('labels from a CSV file, inside and beside', async () => {
  const data = await png();
  const pictures = ['set/a.png', 'set/sub/b.png', 'set/c.png'].map((name): ZipPart => ({ name, data }));
  // Excel in Korea: code page 949, header in Korean, a quoted label, a picture that is not there.
  const korean = Buffer.concat([
    Buffer.from([0xc6, 0xc4, 0xc0, 0xcf, 0xb8, 0xed]),
    Buffer.from(','),
    Buffer.from([0xb6, 0xf3, 0xba, 0xa7]),
    Buffer.from('\r\na.png,"'),
    Buffer.from([0xbe, 0xe7, 0xc8, 0xa3]),
    Buffer.from(', 1"\r\nset/sub/b.png,NG\r\nmissing.png,NG\r\n'),
  ]);
  const beside = await ingest(zipOf(pictures), { labels: korean });
  const outcome = outcomeOf(beside);
  assert.equal(outcome.classes, [
    { name: 'NG', count: 1 },
    { name: '양호, 1', count: 1 },
  ]);
  assert.equal([outcome.labelFile, outcome.labelFormat, outcome.labelledCount, outcome.labelFindings], ['my labels.csv', 'csv', 2, 1]);
  const { findings, unlabelled } = reportOf(beside);
  assert.equal([findings[0]!.kind, findings[0]!.first[0]!.row, findings[0]!.first[0]!.detail], ['missing_picture', 4, 'missing.png']);
  assert.equal(unlabelled, { count: 1, first: ['set/c.png'] });

  const inside = await ingest(zipOf([...pictures, { name: 'set/labels.csv', data: Buffer.from('\ufeffa.png,x\nsub/b.png,y\nc.png,x\n') }]));
  assert.equal(
    (await itemsOf(inside)).map(({ label }) => label),
    [0, 1, 0],
  );
  const bad = await ingest(zipOf([...pictures, { name: 'set/cut.png', data: data.subarray(0, 60) }]), {
    labels: Buffer.from('filename,label\na.png,x\nb.png\ncut.png,x\na.png,y\n'),
  });
  assert.equal(
    reportOf(bad).findings.map(({ kind, first }) => [kind, first[0]!.row]),
    [
      ['conflicting_label', 5],
      ['malformed', 3],
      ['ragged_row', 3],
    ],
    'labels of a picture that could not be used are no finding',
  );
  assert.equal(
    (await itemsOf(bad)).map(({ label }) => label),
    [0, null, null],
  );
});

test('labels that cannot be read do not cost the pictures', async () => {
  const pictures: ZipPart[] = [{ name: 'a.png', data: await png() }];
  const unreadable = outcomeOf(await ingest(zipOf(pictures), { labels: Buffer.from([0x61, 0x2c, 0xff, 0xff]) }));
  assert.equal([unreadable.count, unreadable.labelRevision, unreadable.labelFailure?.code], [1, null, 'label_encoding']);
  const unknown = outcomeOf(await ingest(zipOf(pictures), { labels: zipOf([{ name: 'notes.md', data: Buffer.from('x') }]) }));
  assert.is(unknown.labelFailure?.code, 'label_format_unknown');
  const inside = outcomeOf(await ingest(zipOf([...pictures, { name: 'labels.csv', data: Buffer.from('filename,label\n"a.png,ok\n') }])));
  assert.equal([inside.count, inside.labelFailure?.code], [1, 'label_csv']);
});

test('a file that is no label file does not cost the labels of the class folders', async () => {
  const data = await png();
  const pictures = ['set/OK/a.png', 'set/OK/b.png', 'set/NG/c.png'].map((name): ZipPart => ({ name, data }));
  const expected = [1, 1, 0];
  const labelled = async (job: EndedJob) => (await itemsOf(job)).map(({ label }) => label);
  const strangers = await ingest(
    zipOf([...pictures, { name: 'set/README.txt', data: Buffer.from('read me') }, { name: 'set/cut.png', data: data.subarray(0, 60) }]),
  );
  assert.equal([await labelled(strangers), outcomeOf(strangers).labelFormat, outcomeOf(strangers).labelFailure], [expected, 'folders', null]);
  for (const [labels, code] of [
    ['time,temperature\n12:00,31\n', 'labels_nothing'],
    ['filename,label\n"a.png,ok\n', 'label_csv'],
  ] as const) {
    const job = await ingest(zipOf(pictures), { labels: Buffer.from(labels) });
    const { labelFile, labelFormat, labelledCount, labelFailure } = outcomeOf(job);
    assert.equal([await labelled(job), labelFile, labelFormat, labelledCount, labelFailure?.code], [expected, null, 'folders', 3, code], labels);
  }
});

test('two copies of one file have one label', async () => {
  const data = await png();
  const job = await ingest(zipOf(['a/1.png', 'a/1.png', 'b/2.png'].map((name) => ({ name, data }))), { labels: Buffer.from('1.png,x\n2.png,y\n') });
  assert.equal(
    (await itemsOf(job)).map(({ name, label }) => [name, label]),
    [
      ['a/1.png', 0],
      ['a/1 (2).png', 0],
      ['b/2.png', 1],
    ],
  );
});

test.run();
