// A system on openid-client: reads one JSON line for each thing to do, answers each with one.
// node relying.mjs PATH_OF_OPENID_CLIENT ISSUER CLIENT_ID SECRET REDIRECT_URI ALGORITHM
import { createInterface } from 'node:readline';

const [library, issuer, id, secret, redirectUri, algorithm] = process.argv.slice(2);
const c = await import(library);
const proof = secret ? c.ClientSecretBasic(secret) : c.None();
const config = await c.discovery(new URL(issuer), id, { id_token_signed_response_alg: algorithm }, proof, {
  execute: [c.allowInsecureRequests],
});
let verifier, state, nonce, tokens, maxAge;

const deeds = {
  async asks({ pushed, ...more }) {
    [verifier, state, nonce] = [c.randomPKCECodeVerifier(), c.randomState(), c.randomNonce()];
    maxAge = more.max_age === undefined ? undefined : Number(more.max_age);
    const said = {
      redirect_uri: redirectUri, scope: 'openid profile email groups', code_challenge_method: 'S256',
      code_challenge: await c.calculatePKCECodeChallenge(verifier), state, nonce, ...more,
    };
    const built = pushed ? await c.buildAuthorizationUrlWithPAR(config, said) : c.buildAuthorizationUrl(config, said);
    return { url: built.href };
  },
  async gets({ url }) {
    tokens = await c.authorizationCodeGrant(config, new URL(url), {
      pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true, maxAge,
    });
    return { claims: tokens.claims(), refresh: tokens.refresh_token ?? '' };
  },
  async knows() {
    return { claims: await c.fetchUserInfo(config, tokens.access_token, tokens.claims().sub) };
  },
  async asksAbout() {
    return await c.tokenIntrospection(config, tokens.access_token);
  },
  async refreshes({ refresh }) {
    tokens = await c.refreshTokenGrant(config, refresh);
    return { claims: tokens.claims(), refresh: tokens.refresh_token };
  },
  async gives_back() {
    await c.tokenRevocation(config, tokens.refresh_token);
    return {};
  },
  async leaves({ there }) {
    const said = { id_token_hint: tokens.id_token, post_logout_redirect_uri: there, state: 'left' };
    return { url: c.buildEndSessionUrl(config, said).href };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { deed, ...said } = JSON.parse(line);
  let answer;
  try {
    answer = await deeds[deed](said);
  } catch (error) {
    answer = { error: error.error ?? error.code ?? error.name, message: String(error.message) };
  }
  console.log(JSON.stringify(answer));
}
