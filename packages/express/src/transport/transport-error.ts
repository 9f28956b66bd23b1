import { ChatStreamError } from '@sluice/core'

/** Codes by which OpenSSL and Node refuse a certificate (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** What went wrong on the way to the provider, in words that help and hold no address and no key. */
export function transportError(cause: unknown): ChatStreamError {
  if (cause instanceof ChatStreamError) return cause
  const code = codeOf(cause)
  if (code !== undefined && CERTIFICATE_CODES.has(code)) {
    const message = `The provider's TLS certificate was not accepted (${code}). Expected one that this machine trusts.`
    return new ChatStreamError('network', message, { cause })
  }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    const message = 'The provider was not asked: the address or a header is not one that HTTP allows.'
    return new ChatStreamError('protocol', message, { cause })
  }
  // Our own aborts never come here, so it was a proxy that refused its tunnel.
  if (code === 'UND_ERR_ABORTED' || code === 'UND_ERR_PRX_TLS') {
    return new ChatStreamError('network', 'The proxy on the way to the provider refused to connect.', { cause })
  }
  const shown = code === undefined ? '' : ` (${code})`
  const message = `The provider could not be reached${shown}. Check the address and the network.`
  return new ChatStreamError('network', message, { cause })
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^[A-Z][A-Z0-9_]*$/.test(error.code) ? error.code : undefined
}
