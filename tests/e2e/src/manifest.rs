/// A web service `web-SITE` in a group of its own for each site, its colour in its environment.
pub fn one_service_each(image: &str, colour: &str, sites: &[&str]) -> String {
    let each = |text: &dyn Fn(&str) -> String| sites.iter().map(|site| text(site)).collect::<String>();
    let services = each(&|site| {
        format!(
            "  web-{site}:\n    image: {image}\n    env: [COLOUR={colour}]\n    expose:\n      - port: 80\n        \
             to: [{{ global: true }}]\n"
        )
    });
    let compute = each(&|site| {
        format!(
            "    {site}:\n      resources:\n        cpu: {{ units: 0.1 }}\n        memory: {{ size: 64Mi }}\n        \
             storage: {{ size: 128Mi }}\n"
        )
    });
    let placement = each(&|site| {
        format!(
            "    {site}:\n      attributes: {{ site: {site} }}\n      pricing:\n        {site}: \
             {{ denom: uakt, amount: 10000 }}\n"
        )
    });
    let deployment = each(&|site| format!("  web-{site}:\n    {site}: {{ profile: {site}, count: 1 }}\n"));
    format!(
        "version: \"2.0\"\nservices:\n{services}profiles:\n  compute:\n{compute}  placement:\n{placement}deployment:\n\
         {deployment}"
    )
}
