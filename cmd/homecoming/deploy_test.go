package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// known reports whether the variable is one of ours, by itself or as a file.
func known(variable string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool {
		return s.name == variable || s.name+"_FILE" == variable
	})
}

func content(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestComposeNamesOnlyWhatExists(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Image       string
			Environment map[string]string
			Secrets     []string
			DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
			Healthcheck map[string]any
			Command     []string
		}
		Secrets map[string]struct{ File string }
	}
	if err := yaml.Unmarshal([]byte(content(t, "../../deploy/compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Services) != 4 {
		t.Fatalf("%d services", len(file.Services))
	}
	for name, s := range file.Services {
		for _, secret := range s.Secrets {
			if file.Secrets[secret].File == "" {
				t.Errorf("%s wants the secret %s, which is not there", name, secret)
			}
		}
		for on, d := range s.DependsOn {
			upstream, ok := file.Services[on]
			if !ok || d.Condition == "service_healthy" && upstream.Healthcheck == nil {
				t.Errorf("%s waits for %s, which never becomes healthy", name, on)
			}
		}
		if s.Image != "homecoming" {
			if !strings.Contains(s.Image, ":") {
				t.Errorf("%s has no version", s.Image)
			}
			continue
		}
		for variable, value := range s.Environment {
			if !known(variable) {
				t.Errorf("%s sets %s, which is no setting", name, variable)
			}
			if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok && !slices.Contains(s.Secrets, secret) {
				t.Errorf("%s reads the secret %s without asking for it", name, secret)
			}
		}
	}
}

func TestTheUnitAndTheImageNameOnlyWhatExists(t *testing.T) {
	unit, image := content(t, "../../deploy/homecoming.service"), content(t, "../../deploy/Dockerfile")
	for _, m := range regexp.MustCompile(`(?m)^Environment=([A-Z_]+)=%d/(\w+)`).FindAllStringSubmatch(unit, -1) {
		if !known(m[1]) {
			t.Errorf("the unit sets %s, which is no setting", m[1])
		}
		if !strings.Contains(unit, "LoadCredential="+m[2]+":") {
			t.Errorf("the unit does not load %s", m[2])
		}
	}
	called := regexp.MustCompile(`/homecoming ([a-z-]+)`).FindAllStringSubmatch(unit, -1)
	called = append(called, regexp.MustCompile(`"/homecoming", "([a-z-]+)"`).FindAllStringSubmatch(image, -1)...)
	called = append(called, regexp.MustCompile(`(?m)^CMD \["([a-z-]+)"\]`).FindAllStringSubmatch(image, -1)...)
	if len(called) != 4 {
		t.Fatalf("found %v", called)
	}
	for _, m := range called {
		if !slices.ContainsFunc(commands, func(c command) bool { return c.name == m[1] }) {
			t.Errorf("deploy calls homecoming %s, which does not exist", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^ENV ([A-Z_]+)=`).FindAllStringSubmatch(image, -1) {
		if !known(m[1]) {
			t.Errorf("the image sets %s, which is no setting", m[1])
		}
	}
}
