package stripesim

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// params are the form-encoded parameters of one request. Reading a parameter marks it as known; the first thing wrong with
// any of them is kept, so that a handler reads all it needs and asks check once.
type params struct {
	values url.Values
	known  map[string]bool
	err    *apiError
}

func newParams(v url.Values) *params { return &params{values: v, known: map[string]bool{}} }

// check returns what was wrong with the parameters read so far, or complains about one that nobody read.
func (p *params) check() error {
	if p.err != nil {
		return p.err
	}
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !p.known[name] {
			return malformed(name, "parameter_unknown", "Received unknown parameter: %s", name)
		}
	}
	return nil
}

func (p *params) fail(e *apiError) { p.err = cmp.Or(p.err, e) }

func (p *params) has(name string) bool { return p.values.Has(name) }

// hasAny tells whether a parameter with this name or below it was sent.
func (p *params) hasAny(name string) bool {
	for k := range p.values {
		if k == name || strings.HasPrefix(k, name+"[") {
			return true
		}
	}
	return false
}

func (p *params) text(name string) string {
	p.known[name] = true
	v := p.values[name]
	if len(v) > 1 {
		p.fail(malformed(name, "", "Invalid string: %s was given twice", name))
	}
	return p.values.Get(name)
}

func (p *params) required(name string) string {
	v := p.text(name)
	if v == "" {
		p.fail(malformed(name, "parameter_missing", "Missing required param: %s.", name))
	}
	return v
}

// oneOf reads one of the allowed words, the first of which is the default.
func (p *params) oneOf(name string, allowed ...string) string {
	v := p.text(name)
	if v == "" {
		return allowed[0]
	}
	if !slices.Contains(allowed, v) {
		p.fail(malformed(name, "", "Invalid %s: must be one of %s", name, strings.Join(allowed, ", ")))
	}
	return v
}

func (p *params) integer(name string, absent int64) int64 {
	v := p.text(name)
	if v == "" {
		return absent
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		p.fail(malformed(name, "parameter_invalid_integer", "Invalid integer: %s", v))
	}
	return n
}

func (p *params) boolean(name string) bool {
	v := p.text(name)
	if v != "" && v != "true" && v != "false" {
		p.fail(malformed(name, "", "Invalid boolean: %s", v))
	}
	return v == "true"
}

// amount reads minor units of at least one; zero stands for an absent optional amount.
func (p *params) amount(name string, isRequired bool) int64 {
	if !isRequired && !p.has(name) {
		p.known[name] = true
		return 0
	}
	p.required(name)
	n := p.integer(name, 0)
	switch {
	case n < 1:
		p.fail(malformed(name, "parameter_invalid_integer", "This value must be greater than or equal to 1."))
	case n > largestAmount:
		p.fail(malformed(name, "amount_too_large", "Amount must be no more than %d.", largestAmount))
	}
	return n
}

// wantAddress complains unless the parameter is absent or a whole URL, which may have Stripe's placeholder in it.
func (p *params) wantAddress(name string) {
	v := strings.ReplaceAll(p.text(name), "{CHECKOUT_SESSION_ID}", "x")
	if u, err := url.Parse(v); v != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		p.fail(malformed(name, "url_invalid", "Not a valid URL"))
	}
}

func (p *params) currency(name string) string {
	c := strings.ToLower(p.required(name))
	if c != "" && (len(c) != 3 || strings.Trim(c, "abcdefghijklmnopqrstuvwxyz") != "") {
		p.fail(malformed(name, "", "Invalid currency: %s.", c))
	}
	return c
}

// list reads name[], name[0], name[1] …
func (p *params) list(name string) []string {
	p.known[name+"[]"] = true
	out := slices.Clone(p.values[name+"[]"])
	for i := 0; p.has(at(name, i)); i++ {
		out = append(out, p.text(at(name, i)))
	}
	return out
}

func at(name string, i int) string { return name + "[" + strconv.Itoa(i) + "]" }

// metadata reads name[key]=value pairs; the result is never nil. Stripe's limits: 50 keys of 40 characters, values of 500.
func (p *params) metadata(name string) map[string]string {
	out := map[string]string{}
	for k, v := range p.values {
		inner, ok := strings.CutPrefix(k, name+"[")
		if !ok || !strings.HasSuffix(inner, "]") {
			continue
		}
		p.known[k] = true
		key := strings.TrimSuffix(inner, "]")
		if len([]rune(key)) > 40 || len([]rune(v[0])) > 500 {
			p.fail(malformed(name, "", "Metadata keys have at most 40 characters and values at most 500: %s", key))
		}
		out[key] = v[0]
	}
	if len(out) > 50 {
		p.fail(malformed(name, "", "Metadata can have at most 50 keys."))
	}
	return out
}

// merged is old metadata with the update's keys set, and those updated to the empty text gone. old is left alone.
func merged(old, update map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{old, update} {
		maps.Copy(out, m)
	}
	maps.DeleteFunc(out, func(_, v string) bool { return v == "" })
	return out
}

// swallow accepts whatever is below the name without looking at it; README.md lists where this happens.
func (p *params) swallow(name string) {
	for k := range p.values {
		if strings.HasPrefix(k, name+"[") {
			p.known[k] = true
		}
	}
}
