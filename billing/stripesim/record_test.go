package stripesim_test

import "net/http"

func recordFor(next http.RoundTripper) http.RoundTripper { return next }
