package browser

// Commands returns the arguments of what Open would try for an address, and why
// a command is not run.
func Commands(o Options, url string) (args [][]string, background []bool, errs []error) {
	for _, c := range o.commands() {
		c = c.in(o.Profile)
		var list []string
		if c.err == nil {
			list = c.with(url)
		}
		args, background, errs = append(args, list), append(background, c.background), append(errs, c.err)
	}
	return args, background, errs
}

// Secret is what keeps a variable from a browser.
func Secret(name string) bool { return secret(name) }
