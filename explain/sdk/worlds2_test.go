package sdk_test

// environmentWorlds are about variables.
func environmentWorlds() []world {
	const two = "[default]\n" + pairA + region + "[profile b]\n" + pairB + "region = eu-west-2\n"
	var list []world
	env := func(name, config, env string) { list = append(list, world{name: name, config: config, env: env}) }
	env("AWS_PROFILE", two, "AWS_PROFILE=b")
	env("AWS_DEFAULT_PROFILE", two, "AWS_DEFAULT_PROFILE=b")
	env("two profiles", two+"[profile c]\n"+pairC, "AWS_PROFILE=b\nAWS_DEFAULT_PROFILE=c")
	env("the same profile twice", two, "AWS_PROFILE=b\nAWS_DEFAULT_PROFILE=b")
	env("no such AWS_PROFILE", two, "AWS_PROFILE=x")
	env("no such AWS_DEFAULT_PROFILE", two, "AWS_DEFAULT_PROFILE=x")
	env("no such AWS_PROFILE beside keys", two, "AWS_PROFILE=x\n"+envPair)
	env("AWS_PROFILE of a default that is not there", "[profile b]\n"+pairB, "AWS_PROFILE=default")
	env("blank AWS_PROFILE", two, "AWS_PROFILE=")
	env("blank AWS_DEFAULT_PROFILE", two, "AWS_DEFAULT_PROFILE=")
	env("blank AWS_PROFILE beside the other", two, "AWS_PROFILE=\nAWS_DEFAULT_PROFILE=b")
	env("keys", "", envPair)
	env("keys beside AWS_PROFILE", two, envPair+"AWS_PROFILE=b")
	env("keys and session", "", envPair+"AWS_SESSION_TOKEN=t\nAWS_SECURITY_TOKEN=u\nAWS_ACCOUNT_ID=111122223333")
	env("old names", "", "AWS_ACCESS_KEY=AKIAENV\nAWS_SECRET_KEY=s\n"+envPair[:0])
	env("one old name", two, "AWS_ACCESS_KEY_ID=AKIAENV\nAWS_SECRET_KEY=s")
	env("key id alone", two, "AWS_ACCESS_KEY_ID=AKIAENV")
	env("secret alone", two, "AWS_SECRET_ACCESS_KEY=s")
	env("blank keys", two, "AWS_ACCESS_KEY_ID=\nAWS_SECRET_ACCESS_KEY=")
	env("AWS_REGION", two, "AWS_REGION=us-east-2")
	env("AWS_DEFAULT_REGION", two, "AWS_DEFAULT_REGION=us-east-2")
	env("two regions", two, "AWS_REGION=us-east-2\nAWS_DEFAULT_REGION=us-west-1")
	env("blank region", two, "AWS_REGION=\nAWS_DEFAULT_REGION=")
	env("no region", "[default]\n"+roleA+"source_profile = b\n[profile b]\n"+pairB, "")
	const web = "AWS_WEB_IDENTITY_TOKEN_FILE=@HOME/token\nAWS_ROLE_ARN=arn:aws:iam::111122223333:role/ENV\n" + inRegion
	env("web identity", "", web)
	env("web identity and session name", "", web+"AWS_ROLE_SESSION_NAME=pod")
	env("web identity beside keys", two, web)
	env("web identity beside a role", "[default]\n"+roleA+"source_profile = b\n[profile b]\n"+pairB, web)
	env("web identity beside Identity Center", "[default]\n"+sso, web)
	env("web identity and env keys", "", web+envPair)
	env("web identity without role", two, "AWS_WEB_IDENTITY_TOKEN_FILE=@HOME/token\n"+inRegion)
	env("web identity without region", "", "AWS_WEB_IDENTITY_TOKEN_FILE=@HOME/token\nAWS_ROLE_ARN=arn:aws:iam::111122223333:role/ENV")
	env("blank token file hides the profile's", "[default]\n"+roleA+token, "AWS_WEB_IDENTITY_TOKEN_FILE=\n"+inRegion)
	env("role of the environment, token of the profile", "[default]\n"+roleA+token, "AWS_ROLE_ARN=arn:aws:iam::111122223333:role/ENV\n"+inRegion)
	env("token of the environment, role of the profile", "[default]\n"+roleA, "AWS_WEB_IDENTITY_TOKEN_FILE=@HOME/token\n"+inRegion)
	list = append(list,
		named(world{name: "named profile and env keys", config: two, env: envPair}, "b"),
		named(world{name: "named profile and web identity", config: two, env: web}, "b"),
		named(world{name: "named profile and AWS_PROFILE", config: two, env: "AWS_PROFILE=x"}, "b"),
		named(world{name: "named profile that is not there", config: two, env: envPair}, "x"),
		named(world{name: "named token and web identity", config: "[profile b]\n" + roleB + token, env: web}, "b"),
		named(world{name: "named default", config: two, env: envPair}, "default"),
		named(world{name: "named default that is not there", config: "[profile b]\n" + pairB, env: envPair}, "default"),
	)
	const relative, full = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/creds\n", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1\n"
	env("relative", "", relative)
	env("full", "", full)
	env("both", "", relative+full)
	env("loopback", "", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:8080/x")
	env("loopback of six", "", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://[::1]:8080/x")
	env("localhost", "", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost:8080/x")
	env("https", "", "AWS_CONTAINER_CREDENTIALS_FULL_URI=https://example.com/x")
	env("other address", "", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://10.0.0.1/x")
	env("container beside keys", two, relative)
	env("container beside a region", "[default]\n"+region, relative)
	env("blank relative", "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=")
	env("metadata", "", "")
	env("metadata beside a region", "[default]\n"+region, "")
	env("no metadata", "", "AWS_EC2_METADATA_DISABLED=TRUE")
	env("metadata half disabled", "", "AWS_EC2_METADATA_DISABLED=1")
	for _, source := range []string{"Environment", "EcsContainer", "Ec2InstanceMetadata", "environment", "Foo"} {
		config := "[default]\n" + roleA + region + "credential_source = " + source + "\n"
		env("source "+source, config, "")
		env("source "+source+" that is there", config, "AWS_DEFAULT_PROFILE=default\n"+relative)
		list = append(list, named(world{name: "named source " + source, config: config, env: envPair}, "default"))
	}
	env("source beside keys", "[default]\n"+roleA+region+pairA+"credential_source = Environment\n", relative)
	env("source of half a pair", "[default]\n"+roleA+region+"credential_source = Environment\n", "AWS_SECRET_ACCESS_KEY=s")
	list = append(list, named(world{name: "named source of half a pair", config: "[default]\n" + roleA + region + "credential_source = Environment\n", env: "AWS_ACCESS_KEY_ID=AKIAENV"}, "default"))
	env("source without role", "[default]\ncredential_source = Environment\n", "")
	env("source and no metadata", "[default]\n"+roleA+region+"credential_source = Ec2InstanceMetadata\n", "AWS_EC2_METADATA_DISABLED=true")
	return append(list, placeWorlds()...)
}

// placeWorlds are about where the files lie.
func placeWorlds() []world {
	return []world{
		{name: "tilde", env: "AWS_CONFIG_FILE=~/token"},
		{name: "variable in the place", config: "", env: "X=token\nAWS_CONFIG_FILE=@HOME/${X}\n" + envPair},
		{name: "blank place", credentials: "[default]\n" + pairA, env: "AWS_CONFIG_FILE="},
		{name: "folder", credentials: "[default]\n" + pairA, env: "AWS_CONFIG_FILE=@HOME"},
		{name: "no such file", credentials: "[default]\n" + pairA, env: "AWS_CONFIG_FILE=@HOME/nothing"},
		{name: "old credential file", env: "AWS_CREDENTIAL_FILE=@HOME/nothing"},
	}
}

// signInWorlds are about Identity Center and console sign-ins.
func signInWorlds() []world {
	var list []world
	a := func(name, config, credentials string) {
		list = append(list, named(world{name: name, config: config, credentials: credentials}, "a"))
	}
	a("legacy", "[profile a]\n"+sso, "")
	a("session", "[profile a]\n"+ssoIDs+corp, "")
	a("quoted session", "[profile a]\nsso_session = my sso\nsso_account_id = 1\nsso_role_name = R\n[sso-session \"my sso\"]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n", "")
	a("session with blank", "[profile a]\nsso_session = my sso\nsso_account_id = 1\nsso_role_name = R\n[sso-session my sso]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n", "")
	a("no session", "[profile a]\n"+ssoIDs, "")
	a("no session beside keys", "[profile a]\n"+ssoIDs+pairA, "[a]\n"+pairB)
	a("session without account", "[profile a]\nsso_session = corp\n"+corp, "")
	a("session without account beside keys", "[profile a]\nsso_session = corp\n"+pairA+corp, "")
	a("session without region", "[profile a]\n"+ssoIDs+"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n", "")
	a("session without region beside command", "[profile a]\nsso_session = corp\n"+command+"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n", "")
	a("region in the profile", "[profile a]\n"+ssoIDs+"sso_region = eu-west-1\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n", "")
	a("empty session", "[profile a]\n"+ssoIDs+"sso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n[sso-session corp]\n", "")
	a("repeated and the same", "[profile a]\n"+ssoIDs+"sso_region = eu-west-1\n"+corp, "")
	a("repeated and different", "[profile a]\n"+ssoIDs+"sso_region = eu-west-2\n"+corp, "")
	a("different url", "[profile a]\n"+ssoIDs+"sso_start_url = https://b.awsapps.com/start\n"+corp, "")
	a("account and role only", "[profile a]\nsso_account_id = 1\nsso_role_name = R\n", "")
	a("account only", "[profile a]\nsso_account_id = 1\n", "")
	a("url and region only", "[profile a]\nsso_start_url = https://a.awsapps.com/start\nsso_region = eu-west-1\n", "")
	a("Identity Center and keys in config", "[profile a]\n"+sso+pairA, "")
	a("Identity Center and keys in credentials", "[profile a]\n"+sso, "[a]\n"+pairA)
	a("Identity Center and half a pair", "[profile a]\n"+sso, "[a]\naws_access_key_id = AKIAA\n")
	a("Identity Center and command", "[profile a]\n"+sso+command, "")
	a("Identity Center and sign-in", "[profile a]\n"+sso+signedIn, "")
	a("Identity Center in credentials", "", "[a]\n"+sso)
	a("session in credentials", "[profile a]\n"+ssoIDs, corp)
	a("url with comment", "[profile a]\n"+ssoIDs[:0]+"sso_start_url = https://a.awsapps.com/start # x\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = R\n", "")
	a("region of Identity Center with comment", "[profile a]\nsso_start_url = https://a.awsapps.com/start\nsso_region = eu-west-1 # x\nsso_account_id = 1\nsso_role_name = R\n", "")
	a("quoted account", "[profile a]\nsso_start_url = https://a.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = \"1\"\nsso_role_name = 'R'\n", "")
	a("blank region of Identity Center", "[profile a]\n"+ssoIDs+"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region =\n", "")
	a("region of Identity Center that is none", "[profile a]\n"+ssoIDs+"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1#x\n", "")
	a("sign-in", "[profile a]\n"+signedIn, "")
	a("sign-in and keys in config", "[profile a]\n"+signedIn+pairA, "")
	a("sign-in and keys in credentials", "[profile a]\n"+signedIn, "[a]\n"+pairA)
	a("sign-in and command", "[profile a]\n"+signedIn+command, "")
	a("sign-in and token", "[profile a]\n"+signedIn+roleA+token+region, "")
	return list
}

// settingWorlds are about settings that are no credentials and stop an SDK all
// the same.
func settingWorlds() []world {
	var list []world
	for _, s := range [][2]string{
		{"retry_mode", "legacy"}, {"retry_mode", "standard"}, {"max_attempts", "x"}, {"max_attempts", "3"}, {"defaults_mode", "odd"}, {"defaults_mode", "Standard"},
		{"account_id_endpoint_mode", "off"}, {"request_checksum_calculation", "never"}, {"response_checksum_validation", "WHEN_REQUIRED"}, {"disable_request_compression", "yes"},
		{"disable_clock_skew_correction", "True"}, {"ec2_metadata_service_endpoint_mode", "ipv5"}, {"ec2_metadata_service_endpoint_mode", "IPV6"}, {"ca_bundle", "/nonexistent/x.pem"},
		{"metadata_service_timeout", "x"}, {"metadata_service_timeout", "5"}, {"request_min_compression_size_bytes", "x"}, {"use_fips_endpoint", "maybe"}, {"retry_mode", "odd"}, {"region", ""},
	} {
		list = append(list, named(world{name: s[0] + "=" + s[1], config: "[profile a]\n" + pairA + s[0] + " = " + s[1] + "\n"}, "a"))
	}
	for _, pair := range []string{
		"AWS_RETRY_MODE=legacy", "AWS_RETRY_MODE=adaptive", "AWS_MAX_ATTEMPTS=x", "AWS_MAX_ATTEMPTS=5", "AWS_USE_FIPS_ENDPOINT=yes", "AWS_USE_FIPS_ENDPOINT=True",
		"AWS_EC2_METADATA_V1_DISABLED=1", "AWS_DEFAULTS_MODE=odd", "AWS_DEFAULTS_MODE=Auto", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=x", "AWS_METADATA_SERVICE_TIMEOUT=x",
		"AWS_METADATA_SERVICE_NUM_ATTEMPTS=", "AWS_CA_BUNDLE=/nonexistent/x.pem", "AWS_ACCOUNT_ID_ENDPOINT_MODE=Required", "AWS_ENABLE_ENDPOINT_DISCOVERY=AUTO",
		"AWS_RESTRICT_FILE_PERMISSIONS=0600", "AWS_S3_USE_ARN_REGION=0", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=no", "AWS_DISABLE_CLOCK_SKEW_CORRECTION=x",
		"AWS_REQUEST_CHECKSUM_CALCULATION=never",
	} {
		list = append(list, named(world{name: pair, config: "[profile a]\n" + pairA, env: pair}, "a"))
	}
	return list
}
