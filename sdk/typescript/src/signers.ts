/** The three things that sign requests: an agent's own key, one derived from it, and a wallet. */

import { toBase64url, type Bytes } from "./encoding.js";
import { BailiwickError } from "./errors.js";
import type { SigningKey } from "./key.js";
import { components, type MessageSigner, type Unsigned } from "./message.js";
import { macSigner } from "./primitives.js";

/** An Ethereum account that signs (ERC-8128); viem's and ethers' fit with one line. */
export interface Wallet {
  /** `0x…`, 20 bytes. */
  readonly address: string;
  /** By number (EIP-155); 1 when left out. */
  readonly chainId?: number;
  /** Signs these bytes as a personal message (ERC-191): 65 bytes, or their hexadecimal text. */
  signMessage(message: Uint8Array): Promise<string | Uint8Array>;
}

/** An agent's own key, by its id or its thumbprint. */
export function ownSigner(key: SigningKey, keyid: string): MessageSigner {
  return { keyid, label: "sig", components, sign: (base) => key.sign(base) };
}

/** A key derived for this agent, of 32 bytes; from here on the runtime alone has them. */
export async function derivedSigner(secret: Bytes, keyid: string): Promise<MessageSigner> {
  const sign = await macSigner(secret);
  secret.fill(0);
  return { keyid, label: "sig", components, sign };
}

/** A wallet, in the form of the current draft. */
export function walletSigner(wallet: Wallet): MessageSigner {
  const account = `eip155:${wallet.chainId ?? 1}:${addressOf(wallet)}`;
  return {
    keyid: account,
    label: "request",
    tag: "erc8128",
    components: walletComponents,
    async sign(base) {
      const signature = await wallet.signMessage(base);
      const bytes = typeof signature === "string" ? fromHex(signature) : signature;
      if (!bytes || bytes.length === 0) {
        throw new BailiwickError(
          "key_unusable",
          "the wallet gave no signature that can be read",
          "let `signMessage` return 65 bytes, or `0x` and their hexadecimal digits",
        );
      }
      return new Uint8Array(bytes);
    },
  };
}

/** The address in its one form. */
export function addressOf(wallet: Wallet): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(wallet.address)) {
    throw new BailiwickError(
      "key_unusable",
      "the wallet's address is not one",
      "an address is `0x` and 40 hexadecimal digits",
    );
  }
  return wallet.address.toLowerCase();
}

function walletComponents({ headers }: Unsigned): string[] {
  const covered = ["@scheme", "@authority", "@method", "@path", "@query"];
  for (const field of ["content-digest", "content-type", "authorization"]) {
    if (headers.has(field)) covered.push(field);
  }
  return covered;
}

function fromHex(text: string): Uint8Array | undefined {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text)) return undefined;
  return Uint8Array.from(text.slice(2).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** A proof of possession for one request (RFC 9449). */
export interface DpopKey {
  readonly algorithm: "ed25519" | "ecdsa-p256-sha256";
  readonly publicJwk: Readonly<Record<string, unknown>>;
  sign(data: Bytes): Promise<Bytes> | Bytes;
}

/** What a proof says. */
export interface DpopClaims {
  htm: string;
  htu: string;
  iat: number;
  jti: string;
  ath?: string;
  nonce?: string;
}

/** The proof as text. */
export async function dpopProof(key: DpopKey, claims: DpopClaims): Promise<string> {
  const alg = key.algorithm === "ed25519" ? "EdDSA" : "ES256";
  const header = { typ: "dpop+jwt", alg, jwk: key.publicJwk };
  const encode = (part: object) => toBase64url(new TextEncoder().encode(JSON.stringify(part)));
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${toBase64url(await key.sign(new TextEncoder().encode(signed)))}`;
}
