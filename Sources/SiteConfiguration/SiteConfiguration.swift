// SiteConfiguration
