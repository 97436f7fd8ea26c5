import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ISSUER = 'https://provider.test';
const AUDIENCE = 'cruddur';

/** An identity provider that signs tokens with one key. */
export class Provider {
  private constructor(
    private readonly directory: string,
    private readonly key: KeyObject,
  ) {}

  static async open(): Promise<Provider> {
    const directory = await mkdtemp(join(tmpdir(), 'cruddur-provider-'));
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'ES256', use: 'sig' };
    writeFileSync(join(directory, 'keys.json'), JSON.stringify({ keys: [key] }));
    return new Provider(directory, privateKey);
  }

  /** The flags for a gateway that accepts its tokens. */
  get flags(): string[] {
    const keys = join(this.directory, 'keys.json');
    return ['--jwks-url', keys, '--jwt-issuer', ISSUER, '--jwt-audience', AUDIENCE];
  }

  token(sub: string): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { sub, iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + 600 };
    const text = [{ alg: 'ES256', kid: '1', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(text), {
      key: this.key,
      dsaEncoding: 'ieee-p1363',
    });
    return `${text}.${signature.toString('base64url')}`;
  }

  close(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}
