package console

// service is a word for [Site.Destination], and the page where that is not the
// word's own home.
type service struct{ name, page string }

// services are the words that completion offers: those whose page has another name,
// and the services that people open most.
func services() []service {
	return []service{
		{"acm", ""}, {"apigateway", ""}, {"athena", ""}, {"billing", ""}, {"cloudformation", ""}, {"cloudfront", ""},
		{"cloudtrail", ""}, {"cloudwatch", ""}, {"codebuild", "codesuite/codebuild/home"},
		{"codecommit", "codesuite/codecommit/home"}, {"codepipeline", "codesuite/codepipeline/home"}, {"config", ""},
		{"cost", "cost-management/home"}, {"dynamodb", "dynamodbv2/home"}, {"ec2", ""}, {"ecr", ""}, {"ecs", ""}, {"eks", ""},
		{"elasticache", ""}, {"eventbridge", "events/home"}, {"glue", ""}, {"guardduty", ""}, {"iam", ""},
		{"identitycenter", "singlesignon/home"}, {"kms", ""}, {"lambda", ""}, {"logs", "cloudwatch/home#logsV2:log-groups"},
		{"opensearch", "aos/home"}, {"organizations", "organizations/v2/home"}, {"parameters", "systems-manager/parameters"},
		{"rds", ""}, {"redshift", "redshiftv2/home"}, {"route53", "route53/v2/home"}, {"s3", ""}, {"sagemaker", ""},
		{"secretsmanager", ""}, {"securityhub", ""}, {"ses", ""}, {"sns", "sns/v3/home"}, {"sqs", "sqs/v3/home"},
		{"ssm", "systems-manager/home"}, {"stepfunctions", "states/home"}, {"vpc", ""},
	}
}

// Services lists the words that [Site.Destination] knows, in order.
func Services() []string {
	list := services()
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.name
	}
	return names
}

// home is the page of a word.
func home(word string) string {
	if word == "" {
		word = "console"
	}
	for _, s := range services() {
		if s.name == word && s.page != "" {
			return s.page
		}
	}
	return word + "/home"
}

// global reports whether pages that begin with a word belong to no region.
func global(first string) bool {
	switch first {
	case "billing", "cloudfront", "cost-management", "iam", "iamv2", "organizations", "route53":
		return true
	}
	return false
}
