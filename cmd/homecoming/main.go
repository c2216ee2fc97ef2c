package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // days are the company's, also where the machine has no time zones
)

// version is set when the program is built for a release.
var version = "development"

// A command is one thing that the program can be told to do.
type command struct {
	name, summary string
	run           action
}

// commands is every subcommand. Adding one is a line here and a file of its name.
var commands = []command{
	{"dev", "run everything here, with a private database and a stand-in for Stripe", dev},
	{"serve", "answer the API and the pages, and work the queue", serve},
	{"work", "work the queue alone", work},
	{"migrate", "bring the database to this program's schema", migrate},
	{"company", "begin a company, list them, set what one is charged", company},
	{"operator", "say who runs the installation", operator},
	{"import", "read people in from an HR file", importPeople},
	{"reindex", "build the search indexes anew, in use", reindex},
	{"skills", "take a published list of skills in, merge duplicates", skills},
	{"reconcile", "compare a company's ledger with Stripe", reconcile},
	{"ledger", "check every invariant of the books", ledger},
	{"erasures", "after a restore: forget again whom the list names", erasures},
	{"bench", "measure speed and quality on parts of its own", benchmark},
	{"token", "make an API token for somebody", issueToken},
	{"credential", "check a signed work record from files alone", checkCredential},
	{"doctor", "look at every part that is configured", doctor},
	{"stripe-stand-in", "run the stand-in for Stripe alone (development and tests)", stripeStandIn},
	{"version", "say which version this is", sayVersion},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := run(ctx, os.Stdout, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "homecoming:", err)
		os.Exit(1)
	}
}

// errUsage is returned after the usage was shown because the command line made no sense.
var errUsage = errors.New("see the commands above")

func run(ctx context.Context, out io.Writer, args []string) error {
	if len(args) == 0 {
		usage(out)
		return errUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(out)
		return nil
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, out, args[1:])
		}
	}
	usage(out)
	return fmt.Errorf("there is no command %q; %w", args[0], errUsage)
}

// An action is what a command or one of its subcommands does.
type action = func(ctx context.Context, out io.Writer, args []string) error

// subcommand does what the first argument names; otherwise it shows help and says what can be named.
func subcommand(ctx context.Context, out io.Writer, name, help string, args []string, does map[string]action) error {
	if len(args) > 0 {
		if do, known := does[args[0]]; known {
			return do(ctx, out, args[1:])
		}
	}
	fmt.Fprint(out, help)
	return fmt.Errorf("usage: homecoming %s %s; -h after one shows its flags; %w", name, strings.Join(slices.Sorted(maps.Keys(does)), "|"), errUsage)
}

func usage(out io.Writer) {
	fmt.Fprintf(out, "Homecoming: a company hands work to the people who used to work there.\n\nUsage: homecoming <command> [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(out, "  %-16s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(out, "\nhomecoming <command> -h shows a command's flags. Configuration is read from the environment; see deploy/env.example.\n")
}

// flags parses a command's flags and refuses arguments that are none.
func flags(out io.Writer, name string, args []string, define func(*flag.FlagSet)) error {
	f := flag.NewFlagSet("homecoming "+name, flag.ContinueOnError)
	f.SetOutput(out)
	define(f)
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%s does not take %q", name, strings.Join(f.Args(), " "))
	}
	return nil
}

// noFlags is for commands that have none.
func noFlags(*flag.FlagSet) {}

func sayVersion(_ context.Context, out io.Writer, args []string) error {
	if err := flags(out, "version", args, noFlags); err != nil {
		return err
	}
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " (" + s.Value[:min(12, len(s.Value))] + ")"
			}
		}
	}
	fmt.Fprintf(out, "homecoming %s%s, %s %s/%s\n", version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
