package chain

import (
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
)

// endpoint returns where calls to a service go, as an input.
func (p *planner) endpoint(service awsapi.Service, input string, region origin.Value) (Input, error) {
	resolved, from, err := p.resolve(service, region)
	return Input{Name: input, Value: resolved.URL, Origin: from}, err
}

// resolve returns where calls to a service go, and who says so. Its precedence is
// AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the services section, the
// profile's endpoint_url (SDK reference, service-specific endpoints).
func (p *planner) resolve(service awsapi.Service, region origin.Value) (awsapi.Endpoint, origin.Origin, error) {
	custom, err := p.customEndpoint(service)
	if err != nil {
		return awsapi.Endpoint{}, origin.Origin{}, err
	}
	resolved, err := awsapi.ResolveEndpoint(service, awsapi.EndpointOptions{
		Region:    region.Text,
		FIPS:      p.enabled("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
		DualStack: p.enabled("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
		Override:  custom.Text,
	})
	from := custom.Origin
	if !custom.Set() {
		from = region.Origin
	}
	if err != nil {
		var bad *awsapi.EndpointError
		if errors.As(err, &bad) {
			err = &ConfigError{Profile: p.selected.Text, Origin: from, Message: bad.Error(),
				Fix: "correct it at " + from.Position()}
		}
		return awsapi.Endpoint{}, from, err
	}
	if !custom.Set() {
		from = origin.Default("the public endpoint of region " + region.Text)
	}
	return resolved, from, nil
}

// customEndpoint returns the endpoint that the user set, unset if none.
func (p *planner) customEndpoint(service awsapi.Service) (origin.Value, error) {
	if p.enabled("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") {
		return origin.Value{}, nil
	}
	name := string(service)
	for _, variable := range []string{"AWS_ENDPOINT_URL_" + strings.ToUpper(name), "AWS_ENDPOINT_URL"} {
		if v := p.variable(variable); v.Set() {
			return v, nil
		}
	}
	if section := p.rootValue("services"); section.Set() {
		services, err := p.graph.Services(section.Text)
		if err != nil {
			if isNotFound(err) {
				return origin.Value{}, &ConfigError{Profile: p.selected.Text, Origin: section.Origin,
					Message: "there is no section [services " + section.Text + "]",
					Fix:     "add the section or remove the services key"}
			}
			return origin.Value{}, err
		}
		if v, ok := services.Nested(name, "endpoint_url"); ok {
			return v, nil
		}
	}
	return p.rootValue("endpoint_url"), nil
}

// CallerEndpoint returns where calls of a service with a plan's credentials go:
// the same region and endpoint settings as the plan's own calls.
func CallerEndpoint(c Config, plan *Plan, service awsapi.Service) (awsapi.Endpoint, error) {
	p, err := caller(c, plan)
	if err != nil {
		return awsapi.Endpoint{}, err
	}
	endpoint, _, err := p.resolve(service, p.regionFor(plan.Last().Get(InputRoleARN)))
	return endpoint, err
}

// CustomEndpoint returns the URL that the settings of a plan put in the place of a
// service's own, unset where that is AWS's.
func CustomEndpoint(c Config, plan *Plan, service awsapi.Service) (origin.Value, error) {
	p, err := caller(c, plan)
	if err != nil {
		return origin.Value{}, err
	}
	if custom, err := p.customEndpoint(service); err != nil || !custom.Set() {
		return origin.Value{}, err
	}
	endpoint, from, err := p.resolve(service, p.regionFor(plan.Last().Get(InputRoleARN)))
	if err != nil {
		return origin.Value{}, err
	}
	return origin.Value{Text: endpoint.URL, Origin: from}, nil
}

// caller looks at the settings once more that a plan was made with.
func caller(c Config, plan *Plan) (*planner, error) {
	p := &planner{graph: c.Graph, env: c.Env, vault: c.Vault, selected: plan.Profile, region: plan.Region}
	if plan.Profile.Text == "" {
		return p, nil
	}
	return p, p.find(plan.Profile.Text)
}

// Endpoint returns where a service is called with the settings of a profile that
// need not exist, such as one whose key is about to be stored.
func Endpoint(c Config, name string, service awsapi.Service) (awsapi.Endpoint, origin.Value, error) {
	p, err := settings(c, origin.Value{Text: name, Origin: origin.Code("the profile asked for")})
	if err != nil {
		return awsapi.Endpoint{}, origin.Value{}, err
	}
	endpoint, _, err := p.resolve(service, p.regionFor(""))
	return endpoint, p.setting("AWS_CA_BUNDLE", "ca_bundle"), err
}
