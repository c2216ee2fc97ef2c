package main

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write deploy/env.example anew")

func environment(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := pairs[name]
		return v, ok
	}
}

func TestEnvExampleShowsEverySettingAsItIs(t *testing.T) {
	const file = "../../deploy/env.example"
	if *update {
		if err := os.WriteFile(file, []byte(envExample()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != envExample() {
		t.Fatal("deploy/env.example is not what config.go says; renew it: go test ./cmd/homecoming -run EnvExample -update")
	}
}

func TestNoSettingIsReadOutsideTheTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") && strings.Contains(string(code), "os.Getenv(") {
			t.Errorf("%s reads the environment by itself", file)
		}
	}
}

func TestAnUnsetEnvironmentGivesTheDefaults(t *testing.T) {
	c, err := readConfig(environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.URL != "" || c.Drain != 3*time.Second || c.Workers != 8 || !c.Demo || c.StripeAPIBase != "https://api.stripe.com" {
		t.Fatalf("got %+v", c)
	}
}

func TestEverySettingCanBeAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	for _, s := range settings {
		value := s.sample
		if value == "" {
			value = s.fallback
		}
		if value == "" {
			value = "anything"
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		fromFile, err := readConfig(environment(map[string]string{s.name + "_FILE": file}), s.name)
		if err != nil {
			t.Errorf("%s_FILE: %v", s.name, err)
		}
		direct, err := readConfig(environment(map[string]string{s.name: value}), s.name)
		if err != nil || !reflect.DeepEqual(direct, fromFile) {
			t.Errorf("%s differs by its source: %+v, %+v, %v", s.name, direct, fromFile, err)
		}
	}
}

func TestAllConfigurationErrorsAreToldAtOnce(t *testing.T) {
	_, err := readConfig(environment(map[string]string{
		"HOMECOMING_ADDR":        "8080",
		"HOMECOMING_WORKERS":     "many",
		"HOMECOMING_DEMO":        "perhaps",
		"SMTP_URL":               "user:hunter2",
		"STRIPE_SECRET_KEY":      "sk_test_1",
		"STRIPE_SECRET_KEY_FILE": "/dev/null",
		"MEILI_API_KEY_FILE":     "/no/such/file",
	}), "DATABASE_URL")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"HOMECOMING_ADDR:", "HOMECOMING_WORKERS:", "HOMECOMING_DEMO:", "SMTP_URL:", "STRIPE_SECRET_KEY:", "MEILI_API_KEY:", "DATABASE_URL is not set", "7 faults"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("a password is shown")
	}
}
