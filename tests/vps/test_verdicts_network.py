"""TLS and the way to the site: what is the network's, what is the site's own."""
import pytest

from verdicts import ALL_WELL, ask, ask_both, assert_says, says

pytest_plugins = "green_server"

NO_PAGE = dict(response_time="skipped needs <- public_page")


def own_fault(cause):
    """Of the site itself, whoever asks it from outside."""
    return (says(2, NO_PAGE, public_page="critical " + cause),
            says(2, frontend="critical " + cause, api_health="critical " + cause))


def network(cause):
    """nginx is active, the inside probe is fine: nobody comes through to them."""
    return (says(1, NO_PAGE, public_page="warning network"),
            says(2, frontend="critical " + cause, api_health="critical " + cause))


CASES = {
    "certificate expired": (lambda s: s.certificate("expired"), own_fault("tls_expired")),
    "certificate for another name": (lambda s: s.certificate("wrong-host"), own_fault("tls_wrong_host")),
    "certificate self-signed": (lambda s: s.certificate("self-signed"), own_fault("tls_untrusted")),
    "certificate of an unknown authority": (lambda s: s.certificate("untrusted"), own_fault("tls_untrusted")),
    "certificate good for ten days more": (lambda s: s.certificate("soon"), (ALL_WELL, ALL_WELL)),
    "connection refused": (lambda s: s.connection_refused(), own_fault("refused")),
    "name does not resolve": (lambda s: s.dns_failure(), network("dns")),
    "black hole": (lambda s: s.black_hole(), network("timeout")),
}


@pytest.mark.parametrize("name", CASES)
def test_fault(server, config, name):
    fault, (health_says, smoke_says) = CASES[name]
    path = config()
    with fault(server):
        health, smoke = ask_both(server, path)
    assert_says(health, health_says)
    assert_says(smoke, smoke_says)


def test_nothing_outside_can_be_reached_either(server, config):
    path = config(SITE_URL="https://nowhere.test", UPLINK_HOST="nowhere-either.test:443")
    assert_says(ask(server, "health_check", path), says(1, NO_PAGE, public_page="unknown uplink_down"))


def test_the_network_is_not_blamed_while_nginx_is_down(server, config):
    path = config(SITE_URL="https://nowhere.test")
    with server.nginx_stopped():
        health = ask(server, "health_check", path)
    assert_says(health, says(2, nginx_service="critical unit_stopped", public_page="critical dns <- nginx_service",
                             response_time="skipped needs <- nginx_service"))


def test_the_network_is_not_blamed_while_the_backend_is_down(server, config):
    path = config(SITE_URL="https://nowhere.test")
    with server.api_500("/api/health/"):
        health = ask(server, "health_check", path)
    assert_says(health, says(2, NO_PAGE, public_page="critical dns", backend="critical server_error"))


def test_a_server_that_does_not_reach_itself_by_its_own_name(server, config):
    """Hairpin NAT: CONNECT_TO says where the public name is found from inside."""
    path = config(CONNECT_TO="lectio.test:443:127.0.0.1:443")
    with server.dns_failure():
        health, smoke = ask_both(server, path)
    assert_says(health, ALL_WELL)
    assert_says(smoke, ALL_WELL)
