package io.outboxpipeline.console.access;

import static java.lang.System.Logger.Level.WARNING;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.GeneralException;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import io.outboxpipeline.console.access.User.Role;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The authorization code flow with PKCE. What must be remembered between its two halves is a sealed
 * cookie of the browser, one for each try, so that two tabs do not spoil each other's. Thread-safe.
 */
public final class Oidc {
  private static final System.Logger LOG = System.getLogger(Oidc.class.getName());
  private static final String USE = "oidc";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** How long a person may take at the provider. */
  static final Duration LENGTH = Duration.ofMinutes(10);

  private final OidcSettings settings;
  private final URI callback;
  private final Seal seal;
  private volatile @Nullable Provider known;

  private record Provider(OIDCProviderMetadata metadata, IDTokenValidator validator) {}

  /**
   * @param callback where the provider sends the browser back to
   */
  Oidc(OidcSettings settings, URI callback, Seal seal) {
    this.settings = settings;
    this.callback = callback;
    this.seal = seal;
  }

  /**
   * The first half.
   *
   * @param to where the browser goes at the provider
   * @param state names the try, and its cookie
   * @param cookie the cookie's value
   */
  public record Begun(URI to, String state, String cookie) {}

  /** What came of a try. */
  public sealed interface Outcome {
    /**
     * The person is in.
     *
     * @param to the page that was wanted at first
     */
    record In(User user, String to) implements Outcome {}

    /**
     * The person stays out.
     *
     * @param why for people, without anything that the provider or the browser said
     */
    record Out(String why) implements Outcome {}
  }

  /**
   * Begins a try.
   *
   * @param to the page that is wanted
   * @return empty if the provider can't be asked
   */
  public Optional<Begun> begin(String to) {
    Optional<Provider> provider = provider();
    if (provider.isEmpty()) {
      return Optional.empty();
    }
    var state = new State();
    var nonce = new Nonce();
    var verifier = new CodeVerifier();
    URI uri =
        new AuthenticationRequest.Builder(
                new ResponseType("code"),
                new Scope(settings.scopes().toArray(String[]::new)),
                new ClientID(settings.clientId()),
                callback)
            .endpointURI(provider.get().metadata.getAuthorizationEndpointURI())
            .state(state)
            .nonce(nonce)
            .codeChallenge(verifier, CodeChallengeMethod.S256)
            .build()
            .toURI();
    String cookie =
        seal.close(
            USE, LENGTH, List.of(state.getValue(), nonce.getValue(), verifier.getValue(), to));
    return Optional.of(new Begun(uri, state.getValue(), cookie));
  }

  /**
   * Ends a try.
   *
   * @param cookie of the try that the state names; empty if the browser has none
   */
  public Outcome end(String code, String state, String cookie) {
    Optional<List<String>> parts = seal.open(USE, cookie);
    if (code.isEmpty() || parts.isEmpty() || !parts.get().getFirst().equals(state)) {
      return new Outcome.Out("This sign-in was not begun in this browser, or too long ago.");
    }
    Optional<Provider> provider = provider();
    if (provider.isEmpty()) {
      return new Outcome.Out("The provider of identities can't be asked now.");
    }
    try {
      IDTokenClaimsSet claims =
          claims(provider.get(), code, new Nonce(parts.get().get(1)), parts.get().get(2));
      return role(claims)
          .<Outcome>map(role -> new Outcome.In(new User(name(claims), role), parts.get().get(3)))
          .orElseGet(
              () ->
                  new Outcome.Out(
                      "The provider knows you, and the claim "
                          + settings.roleClaim()
                          + " of your token has no role for this console."));
    } catch (ParseException
        | java.text.ParseException
        | BadJOSEException
        | JOSEException
        | IOException e) {
      LOG.log(WARNING, "a sign-in was refused: {0}", e.getMessage());
      return new Outcome.Out("The provider's answer is not good; the console's log says why.");
    }
  }

  private IDTokenClaimsSet claims(Provider provider, String code, Nonce nonce, String verifier)
      throws ParseException,
          java.text.ParseException,
          IOException,
          BadJOSEException,
          JOSEException {
    var grant =
        new AuthorizationCodeGrant(
            new AuthorizationCode(code), callback, new CodeVerifier(verifier));
    var id = new ClientID(settings.clientId());
    URI endpoint = provider.metadata.getTokenEndpointURI();
    HTTPRequest request =
        settings
            .clientSecret()
            .map(
                s ->
                    new TokenRequest.Builder(
                            endpoint,
                            new ClientSecretBasic(
                                id, new com.nimbusds.oauth2.sdk.auth.Secret(s.value())),
                            grant)
                        .build())
            .orElseGet(() -> new TokenRequest.Builder(endpoint, id, grant).build())
            .toHTTPRequest();
    request.setConnectTimeout((int) PATIENCE.toMillis());
    request.setReadTimeout((int) PATIENCE.toMillis());
    request.setFollowRedirects(false);
    var answer = OIDCTokenResponseParser.parse(request.send());
    if (!answer.indicatesSuccess()) {
      throw new ParseException(
          "the token endpoint refused: " + answer.toErrorResponse().getErrorObject().getCode());
    }
    OIDCTokenResponse tokens = (OIDCTokenResponse) answer.toSuccessResponse();
    return provider.validator.validate(
        JWTParser.parse(tokens.getOIDCTokens().getIDTokenString()), nonce);
  }

  /** Operators by one of their values; viewers likewise, or whoever the provider lets in. */
  private Optional<Role> role(IDTokenClaimsSet claims) {
    List<String> said = claims.getStringListClaim(settings.roleClaim());
    Set<String> values =
        said != null
            ? Set.copyOf(said)
            : Optional.ofNullable(claims.getStringClaim(settings.roleClaim()))
                .map(Set::of)
                .orElse(Set.of());
    if (values.stream().anyMatch(settings.operators()::contains)) {
      return Optional.of(Role.OPERATOR);
    }
    return settings.viewers().isEmpty() || values.stream().anyMatch(settings.viewers()::contains)
        ? Optional.of(Role.VIEWER)
        : Optional.empty();
  }

  private String name(IDTokenClaimsSet claims) {
    return Optional.ofNullable(claims.getStringClaim(settings.nameClaim()))
        .map(n -> n.replaceAll("\\p{Cntrl}", " ").strip())
        .filter(n -> !n.isEmpty() && n.length() <= 100)
        .orElseGet(() -> claims.getSubject().getValue());
  }

  private Optional<Provider> provider() {
    Provider now = known;
    if (now == null) {
      try {
        now = ask();
        known = now;
      } catch (GeneralException | IOException e) {
        LOG.log(WARNING, "the provider of identities can''t be asked: {0}", e.getMessage());
        return Optional.empty();
      }
    }
    return Optional.of(now);
  }

  /** It must call itself by the issuer's name that is set. */
  private Provider ask() throws GeneralException, IOException {
    var issuer = new Issuer(settings.issuer());
    int millis = (int) PATIENCE.toMillis();
    OIDCProviderMetadata metadata = OIDCProviderMetadata.resolve(issuer, millis, millis);
    try {
      var keys =
          JWKSourceBuilder.<SecurityContext>create(metadata.getJWKSetURI().toURL())
              .retrying(true)
              .build();
      var selector =
          new JWSVerificationKeySelector<>(
              Set.of(
                  JWSAlgorithm.RS256,
                  JWSAlgorithm.RS384,
                  JWSAlgorithm.RS512,
                  JWSAlgorithm.PS256,
                  JWSAlgorithm.ES256,
                  JWSAlgorithm.ES384),
              keys);
      return new Provider(
          metadata,
          new IDTokenValidator(
              metadata.getIssuer(), new ClientID(settings.clientId()), selector, null));
    } catch (MalformedURLException e) {
      throw new IOException(e);
    }
  }
}
