/**
 * Spellings of hosts that lead into a private network, to a metadata service or to the runner itself.
 * For every address that somebody else may give: no request may go to any of them.
 */

const METADATA = `
169.254.169.254 169.254.169.254. 0xA9FEA9FE 0xa9.0xfe.0xa9.0xfe 0xA9.254.169.0xFE 2852039166
025177524776 0251.0376.0251.0376 0251.254.169.254 00000251.0376.000251.0376 169.254.43518
169.16689662 169.254.0xA9FE 0xA9.16689662 169.254.169.0376 ００1６9.２54.169.254
①⑥⑨.②⑤④.①⑥⑨.②⑤④ 169。254。169。254 169．254．169．254 169｡254｡169｡254 169%2E254%2E169%2E254
%31%36%39.254.169.254 [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [::FFFF:A9FE:A9FE]
[0:0:0:0:0:ffff:a9fe:a9fe] [0000:0000:0000:0000:0000:ffff:a9fe:a9fe] [::169.254.169.254]
[::a9fe:a9fe] [64:ff9b::169.254.169.254] [64:ff9b::a9fe:a9fe] [64:ff9b:1::a9fe:a9fe]
[2002:a9fe:a9fe::1] [2001:0:a9fe:a9fe::1] [fe80::a9fe:a9fe] [fd00:ec2::254] [fd20:ce::254]
[::ffff:0:a9fe:a9fe] metadata metadata.google.internal METADATA.google.internal.
ｍetadata.google.internal instance-data.ec2.internal 168.63.129.16 0xA83F8110 100.100.100.200
192.0.0.192 169.254.170.2 169.254.169.123 [fd00:42::42]
`;

const PRIVATE = `
10.0.0.1 10.1 0x0a000001 167772161 172.16.0.1 172.31.255.255 192.168.1.1 192.168.257 100.64.0.1
198.18.0.1 192.0.2.1 203.0.113.7 224.0.0.1 240.0.0.1 255.255.255.255 [ff02::1] [fc00::1] [fec0::1]
[2001:db8::1] [3fff::1] [100::1] printer.local kubernetes.default.svc.cluster.local intranet
`;

const LOOPBACK = `
127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.1 017700000001 0177.0.0.1 0 0.0.0.0
000.0.0.0 [::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] localhost
LOCALHOST LocalHost. ⓛocalhost
`;

function listOf(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

export const INTERNAL_HOSTS: readonly string[] = [METADATA, PRIVATE, LOOPBACK].flatMap(listOf);

/** As they are written they say openly that they are the runner itself; an emulator may be there. */
export const PLAIN_LOOPBACK: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];

/** Ways to make a good address lead to another host, `HOST` being good and `EVIL` the other. */
export const DISGUISES: readonly string[] = [
  'https://EVIL',
  'https://EVIL/',
  'https://EVIL/HOST',
  'https://EVIL?HOST',
  'https://EVIL#HOST',
  'https://EVIL#@HOST',
  'https://HOST@EVIL',
  'https://HOST:443@EVIL',
  'https://HOST%40EVIL',
  'https://HOST%2f@EVIL',
  'https://HOST%00.EVIL',
  'https://HOST\\@EVIL',
  'https://EVIL\\.HOST',
  'https://EVIL%2f.HOST',
  'https://EVIL%23.HOST',
  'https://HOST.EVIL',
  'https://HOST.EVIL.',
  'https://HOSTevil',
  'https://HOST-evil',
  'https:EVIL',
  'https:\\\\EVIL',
  'https:///EVIL',
  '//EVIL',
  '\\\\EVIL',
  'http://HOST',
  'http://EVIL',
  'ftp://HOST',
  'file://EVIL/etc/passwd',
  'data:text/plain,EVIL',
  'javascript:fetch("https://EVIL")',
  'gopher://EVIL',
  'ws://HOST',
  'https://HOST:8443',
  'https://HOST:0',
  'https://HOST\r\nHost: EVIL',
  'https://HOST\t@EVIL',
  'https://h\u0000ost@EVIL',
  'https://HOST\u3002EVIL',
  'https://HOST\u2024EVIL',
];
